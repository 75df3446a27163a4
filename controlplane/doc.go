// Package controlplane hosts a Kubernetes control plane inside of our process:
// etcd (unless another is named), the API server and the controllers, embedded
// as libraries, with their certificates, and the local port in front.
//
// It is the only package besides kubelet that imports k8s.io/kubernetes, and
// hands out nothing of it: who uses it sees a client configuration, an etcd
// client and addresses. It schedules no pod and knows nothing of Mesos.
//
// # One per process
//
// Kubernetes keeps state that belongs to the whole process: feature gates,
// component versions, metric registries, the capabilities that say whether pods
// may be privileged, klog. So a process may run one ControlPlane, once; a second
// New fails with ErrSecond. State on disk outlives it: stop the process, start
// another on the same directory.
//
// # Life
//
//	New   checks the configuration, locks the data directory, makes certificates,
//	      takes the ports. Whatever the user can cure fails here, as a *ConfigError.
//	Run   etcd → API server → controllers and local port. The reverse on the way out.
//	      Of several control planes on one etcd all serve, and the leader alone runs
//	      controllers; see package leaderelection.
//	Ready closes when all of it answers.
//
// # What is on disk, in Config.DataDir
//
//	lock              held by the running process
//	etcd/             the database, and the socket it listens on
//	pki/              authorities, certificates, keys; see package pki
//	apiserver/        what the API server reads from files, written at each start
//	admin.kubeconfig  all rights over the secure port; its owner's alone
package controlplane
