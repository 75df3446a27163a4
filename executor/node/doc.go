// Package node is the real node of an executor: dockershim as container runtime,
// the kubelet on top of it, and the API server's view of the node's pods. Each
// agent has a root directory of its own, so that several nodes can share a host.
package node
