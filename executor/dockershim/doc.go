// Package dockershim is a container runtime for the kubelet, on top of Docker
// Engine 20.10 or newer: it serves version 1 of Kubernetes' container runtime
// interface (CRI), runtime and image service, on a unix socket. The kubelet of
// executor_runner is its only client. Only this package and those below it speak to
// Docker.
//
// # Layers
//
// The server's service (service.go) is composed of small parts: sandboxes, containers,
// images, commands, streams, stats and daemonStatus. Each answers the CRI calls of its
// subject and owns the state that they need. They share the inventory (inventory.go,
// listing.go, create.go), which alone decides which of Docker's containers are ours.
//
// Below are packages that know nothing of each other: spec translates CRI configurations
// to Docker's and back, and is pure; engine makes the bare Docker calls; cgroupstats reads
// what containers use; pause makes the sandbox's image.
//
// All state that matters is in Docker: what the shim must know of a container is in
// the container's labels, so a new process takes over where an old one was killed.
//
// # Whose containers
//
// Every container made here carries the owner's labels (package spec): framework id
// and agent id. A container without exactly these labels does not exist for this
// package, whatever id a caller passes: it is not listed, not stopped, not
// removed, not entered.
//
// # Names
//
// A pod is one sandbox container, which holds its namespaces, and the pod's
// containers. Their names tell a person at "docker ps" what they are:
//
//	k8s--net--POD--NAMESPACE--UID--pod0        the sandbox, first attempt
//	k8s--CONTAINER--POD--NAMESPACE--UID--0     a container, first attempt
//
// The uid makes them unique among all executors of a host. The labels, not the
// names, are what the shim reads. No name starts with "mesos-": the Mesos agent
// removes such containers when it starts.
//
// # Lists
//
// The kubelet lists everything each second, mostly to learn that nothing has
// changed, and at each step of a pod it lists that pod's sandboxes and then its
// containers. So a list is kept, and given again while Docker's events say the same.
// It is dropped when a container changes, when a call of our own may have changed
// one, when the events break off, and when it is ten seconds old.
//
// # Answers that got lost
//
// Every call may come again, after an error, a timeout or a restart of either
// side. What is already so is success; a container whose creation succeeded
// without its answer arriving is taken over when it was made from the same
// configuration, and replaced when not.
//
// # What is not served
//
// GetContainerEvents: the kubelet lists once a second anyway, and at once after
// each of its own acts, and its use of events is off by default. Checkpoints,
// user namespaces per pod, images as volumes, ambient capabilities, the strict
// policy for supplementary groups and recursive read-only mounts: Docker's API
// has none of them. Each is refused with its reason; none is left out silently.
// UpdatePodSandboxResources, of which the kubelet expects nothing: a pod has no
// limits of its own, its containers have. Lists as streams and metrics, which the
// kubelet asks for only where switched on.
package dockershim
