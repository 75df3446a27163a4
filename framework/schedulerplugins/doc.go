// Package schedulerplugins has the plugins of Kubernetes' own scheduler, unmodified,
// say where the core may launch pods: [Rules] are the [scheduler.Rules] that ask them.
// They decide about affinity between pods, spread over topologies, volumes and extended resources, and
// score agents for pods with preferences. Amounts, ports, selectors, taints and the
// order of pods remain the core's.
//
// A pod whose answer cannot depend on them has no Rule, and while there are only such
// pods, they are no more than listed. The others are asked about by kind: pods that no
// plugin tells apart share a [rule]. Its costly part, what the plugins' PreFilter
// gathers from all nodes, is carried forward by PreFilterExtensions, when it is asked,
// over the pods that have come and gone; PreFilter runs again only where a plugin cannot do
// that, or where there were too many. Asking about a node is then a matter of a
// microsecond.
//
// What takes a request, extenders, is asked by goroutines (extender.go): until [Rules.Observe]
// is told the answer, nodes are refused for that reason.
//
// Nothing here watches or waits: pods and Nodes are told by the core, volumes and
// namespaces by whoever follows the API server, and the same calls give the same
// answers. Only one goroutine may use a Rules and its rules.
package schedulerplugins
