package mesostest

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Target is a Mesos under test. It should have at least one agent to itself, as
// cases use offers up and wait for what was freed.
type Target struct {
	Master    string // host:port of the leading master
	Principal string // of a framework, where authentication is on
	Secret    string

	// Program is the URI of a program that calls [Main] first; the test binary
	// itself, when agents can read its path.
	Program string
}

// executor is an ExecutorInfo for the test executor; the same for the same name.
func (target Target) executor(name string) *mesospb.ExecutorInfo {
	return &mesospb.ExecutorInfo{
		ExecutorId: &mesospb.ExecutorID{Value: &name}, Type: mesospb.ExecutorInfo_CUSTOM.Enum(),
		Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
		Command: &mesospb.CommandInfo{
			Value: proto.String("exec ./mesostest-executor"),
			Uris: []*mesospb.CommandInfo_URI{{Value: &target.Program, Executable: proto.Bool(true), Cache: proto.Bool(true),
				OutputFile: proto.String("mesostest-executor")}},
			Environment: &mesospb.Environment{Variables: []*mesospb.Environment_Variable{
				{Name: proto.String(programVariable), Value: proto.String("1")}}},
		},
	}
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.rule)
			c.run(t, target)
		})
	}
}

// testCase proves one rule.
type testCase struct {
	name, rule string
	run        func(*testing.T, Target)
}
