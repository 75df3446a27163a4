package mesostest

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Target is a Mesos under test. It should have at least one agent to itself, as
// cases use up offers and wait for freed resources.
type Target struct {
	Master    string // host:port of the leading master
	Principal string // of a framework, if authentication is on
	Secret    string

	// Program is the URI of a program that calls [Main] first; the test binary
	// itself, if agents can read its path.
	Program string
}

// Executor returns an ExecutorInfo for the test executor, always the same for a name.
func (target Target) Executor(name string) *mesospb.ExecutorInfo {
	return &mesospb.ExecutorInfo{
		ExecutorId: &mesospb.ExecutorID{Value: &name}, Type: mesospb.ExecutorInfo_CUSTOM.Enum(),
		Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 32)},
		Command: &mesospb.CommandInfo{
			Value: proto.String("exec ./mesostest-executor"),
			Uris: []*mesospb.CommandInfo_URI{{Value: &target.Program, Executable: proto.Bool(true), Cache: proto.Bool(true),
				OutputFile: proto.String("mesostest-executor")}},
			Environment: &mesospb.Environment{Variables: []*mesospb.Environment_Variable{
				{Name: proto.String(programVariable), Value: proto.String("1")},
				{Name: proto.String("GORACE"), Value: proto.String("atexit_sleep_ms=0")}, // built with -race, it would end a second late
			}},
		},
	}
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Log(c.rule)
			target.settle(t)
			c.run(t, target)
		})
	}
}

// settle waits, if it can, until everything the previous case used is free again;
// another framework may be using the agents as well.
func (target Target) settle(t *testing.T) {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get("http://" + target.Master + "/master/state")
		if err != nil {
			t.Fatal(err)
		}
		var state struct {
			Slaves []struct {
				Used struct {
					CPUs float64 `json:"cpus"`
				} `json:"used_resources"`
			} `json:"slaves"`
		}
		err = json.NewDecoder(answer.Body).Decode(&state)
		answer.Body.Close()
		if err != nil {
			t.Fatalf("/master/state: %v", err)
		}
		used := 0.0
		for _, s := range state.Slaves {
			used += s.Used.CPUs
		}
		if used == 0 {
			return
		}
	}
}

// testCase proves one rule.
type testCase struct {
	name, rule string
	run        func(*testing.T, Target)
}
