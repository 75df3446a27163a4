// Package node runs an executor's pods for real: it brings up dockershim as container
// runtime and the kubelet on top of it, reports the API server's view of the node's pods,
// and cleans up after them. Its Node is the executor.PodRunner of executor_runner.
//
// Each agent has a root directory of its own, so that several nodes can share a host. An
// error that another value of a setting would avoid is a ConfigError.
package node
