// Package kubelet embeds the kubelet of Kubernetes, unmodified, for one Mesos
// agent. It turns what is known of the agent into the kubelet's configuration,
// gets its certificate, and stands between the API server and the kubelet where
// a node of Mesos differs from a machine of its own:
//
//   - Its capacity is what Mesos gives the agent, not what the machine has
//     (machine.go).
//   - Its pods come from a watch of ours, which the executor sees too, and which
//     can tell the kubelet to stop every pod when no API server is left to say
//     so (source.go).
//   - Pods do not wait for its periodic looks: at volumes (volumes.go), and at the
//     containers of pods that end (source.go). The kubelet sets a pod's condition
//     PodReadyToStartContainers when the sandbox has started, and takes it that volumes
//     are mounted by then. Here it can be true while they are being mounted, though no
//     container starts before they are.
//   - A pod that is resized keeps in what its Mesos task holds, which cannot be changed
//     (resize.go).
//   - It stays inside its root directory, so that several kubelets can live on
//     one host (options.go, files.go).
//
// It is the only door to the kubelet of k8s.io/kubernetes. Kubernetes keeps
// process-wide state in there, and the kubelet's goroutines cannot be stopped:
// there is one per process, and the process ends when it has been stopped.
package kubelet
