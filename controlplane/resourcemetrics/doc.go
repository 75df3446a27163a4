// Package resourcemetrics answers the API group metrics.k8s.io: what pods and Nodes use of
// CPU and memory, for kubectl top and for autoscaling.
//
// The kubelets are asked only while somebody asks us: every 15 s, until nobody has asked for
// two minutes. So it costs nothing while nobody looks; the first question then waits for
// two rounds, since a rate takes two samples.
//
// # What the figures mean
//
// CPU is the mean over the window that ends at the timestamp; memory is the working set at
// the timestamp. Both are of the kubelet's own clock and sample. A container that has
// restarted counts from its start. A pod is left out until all of its containers have a
// figure.
//
// A Node's figures are the sums over its pods: what this framework uses there. What else
// runs on the host, other frameworks included, is not in it. A Node without pods uses
// nothing, whether an executor runs there or not; one whose kubelet does not answer is
// left out.
package resourcemetrics
