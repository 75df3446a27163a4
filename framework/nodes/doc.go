// Package nodes keeps a Node object for each Mesos agent, and knows what the API
// server has of them.
//
//	Desired  what a Node should show, as far as Mesos decides it
//	Writer   makes Nodes at the API server show it
//	View     what the scheduling core is told: the API server's Node, with what is desired
//
// A Node exists from its agent's first offer on. Capacity and addresses are the
// framework's until the kubelet has registered, readiness while no executor runs there
// or Mesos has lost the agent. What users write on a Node stays.
package nodes
