// Package mesospb holds the messages of the Mesos v1 HTTP API, generated from
// the .proto files next to it by `make proto`. It has no behaviour; package
// mesos builds calls from it and sends them.
package mesospb

//go:generate sh generate.sh
