// Package cninetwork connects pods by the CNI plugins of their host, as other runtimes of
// Kubernetes do, and as Mesos' own network/cni isolator does for Mesos' tasks. Executors use
// it in mode cni of the pod network, next to whatever else uses the same plugins.
//
//   - The configuration is read anew for each pod. While there is none, the node is not ready.
//   - A file per pod holds the configuration that it was attached with, and its addresses.
//     It is written before the first plugin runs and deleted after the last one has
//     detached the pod, so that nothing is forgotten when a process ends in between, or
//     when the configuration changes. Docker's labels cannot hold it: the addresses are not
//     known before the sandbox exists.
//   - Plugins are programs of others. Each has a time limit, and a limit for what it prints.
//   - The verb GC is not sent. It tells a plugin to release all that the caller does not
//     know of, and other executors and Mesos itself may use the same network.
package cninetwork
