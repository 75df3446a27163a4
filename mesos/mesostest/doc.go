// Package mesostest holds what a Mesos must do for us: one suite that runs on
// the local Mesos in every `go test`, and on a real master where MESOS_MASTER
// names one. Each case names the rule it proves, in our own words; the rules
// are those of the v1 scheduler and executor HTTP APIs as releases 1.0 to 1.11
// keep them.
//
//	CGO_ENABLED=0 go test -c ./mesos/mesostest
//	MESOS_MASTER=10.0.0.1:5050 MESOS_EXECUTOR_URI=http://…/mesostest.test ./mesostest.test -test.v
//
// It speaks HTTP, protobuf and RecordIO itself and knows nothing of package
// mesos, so that one cannot hide the other's mistakes. Its executor is the test
// binary itself, fetched and started again by the agent (see [Main]).
package mesostest
