// Package claims has the claims of a pod bound before the pod is: the scheduler has chosen
// a node, and what is to become of each claim there (a [Plan]). The [Binder] writes that
// down, as Kubernetes' scheduler does: a volume that there is gets its claim, and for one
// that is to be made the claim names the node. Whoever provisions takes that name away
// again where it cannot be done, and the pod goes elsewhere.
package claims
