// Package detector finds the master of Mesos that leads: from a list of addresses, of
// which any may lead, or from ZooKeeper, where masters register. It owns the syntax in
// which users name masters, and opens connections to ZooKeeper only; it never speaks to
// a master. A detector keeps nothing open between two calls of Detect, and no error or
// description that it returns contains a password.
package detector
