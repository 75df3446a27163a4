// Package mesosvolumes makes and removes persistent volumes of Mesos, for the storage class
// of that name. Mesos keeps their disk for our role, accounts for it and offers it back.
//
// [State] decides, as a pure function of what it is told. A volume has a record from before
// the first call to Mesos about it:
//
//	     wanted                  seen                   given up
//	────────▶ Making ─────────────────────▶ Made ─────────────────────▶ Removing ──▶ Gone
//	             └───────────── not wanted any more ──────────────────────▲
//
// Mesos confirms nothing: an ACCEPT may be lost, its answer as well, and an agent may miss
// what its master has done already. So nothing is concluded from a call. What there is
// shows in offers and in the master's list of agents, and each offer is used for whatever
// is still to be done on its agent: RESERVE and CREATE for what is Making, DESTROY and
// UNRESERVE for what is Removing or comes back although it is Gone, UNRESERVE for disk that
// a lost half of these has left over. Each reservation carries labels with our cluster and
// the volume's name, by which it is recognized. As Mesos may refuse any of these, each is
// given time to show in offers, in which pods get them, and is tried seldom and reported
// when it never has an effect.
//
// A record is of a volume on a node: where an agent goes before it has made a volume, that
// is given up there and made elsewhere. What is left of it is removed when the agent is back.
//
// A volume is destroyed if its record says so and for no other reason: one without a record
// is reported and left alone, whatever its labels say. A volume that has been handed to a
// claim is never made again: where it is missing, that is reported.
package mesosvolumes
