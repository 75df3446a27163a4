// Package podwriter writes to pods what the framework decides about them: bindings,
// ends, that they are not ready, evictions, where room is made for them, and why they wait.
//
//	Writer       does what must be done once, with many workers, until it is done
//	Nominations  shows on which node room is made for a waiting pod
//	Reasons      tells why pods wait, the latest reason of each and rarely
//
// Between a pod's binding and its end the kubelet writes its status; the framework
// does so only when Mesos says that the pod's agent or executor is gone.
package podwriter
