// Package volumes makes the volumes that claims ask for, has them grow, and has them
// removed when their reclaim policy says so. Where the space comes from is another's
// business, a [Space]: [Agents] is that of storage class local, directories on agents.
//
// A claim of a class of ours waits for its first pod. The scheduler names the node on the
// claim (package claims), which is the order: the Controller asks the Space for the volume,
// writes the PersistentVolume when the volume is there, and Kubernetes' controller binds
// the two. Where the volume cannot be made, the Controller takes the node's name away, and
// the pod goes elsewhere.
//
// A volume has a finalizer of ours until its data is removed, or its policy says that it
// is retained. Data is removed of volumes alone whose claim is gone and whose policy is
// Delete, and that decision is written down before: as the deletion of the
// PersistentVolume.
package volumes
