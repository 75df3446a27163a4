// Package volumes keeps the directories of a host that are volumes of the cluster's storage
// class local: it makes those that the framework wants on this node, and removes those of
// which the framework says that nobody needs their data any more. Whatever else happens,
// to pods, executors, agents or machines, they stay.
//
// A volume's directory is named after its PersistentVolume, holds what is known of it, and
// a directory with the content, which alone containers see:
//
//	<volumes>/pvc-<uid of the claim>/volume.json
//	                                /data
//
// It appears complete, by a rename, and vanishes by one. Nothing is done to a directory
// that is not named so, or whose volume.json names another cluster or node. All paths are
// opened beneath the directory of volumes, so that nothing that a container has put into
// its volume leads out of it.
package volumes
