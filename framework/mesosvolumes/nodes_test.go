package mesosvolumes_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/mesosvolumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A volume that was given up with its agent is made elsewhere. What is left of it is removed
// when the agent is back, and nothing is asked for until then.
func TestAgentDiesBeforeItsVolumeIsMade(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	s := mesosvolumes.New(config, nil)
	store := map[string][]byte{}
	keep := func(o mesosvolumes.Outcome) {
		for _, c := range o.Records {
			if store[c.Key] = c.Value; c.Value == nil {
				delete(store, c.Key)
			}
		}
	}
	_, _, o := s.Have("v", "a", 8, false)
	keep(o)
	s.Offered(now, "a", []*mesospb.Resource{disk(8)})
	keep(s.Forget("v"))
	a, err, o := s.Have("v", "b", 8, false)
	keep(o)
	if err != nil || a.Ready {
		t.Fatalf("on another node it is %v: %v", a, err)
	}
	if ops, _ := s.Offered(now, "b", []*mesospb.Resource{disk(8)}); fmt.Sprint(described(ops)) != "[RESERVE v CREATE v]" {
		t.Errorf("for it the other agent is asked for %v", described(ops))
	}
	_, o = s.Offered(now, "b", []*mesospb.Resource{made("c1", "v", 8)})
	keep(o)
	if a, _, o = s.Have("v", "b", 8, true); !a.Ready {
		t.Error("it is not ready there")
	}
	keep(o)
	if len(store) != 2 {
		t.Errorf("the records are %q", store)
	}

	var stored []records.Volume
	for key, value := range store {
		stored = append(stored, decode(t, key, value))
	}
	s = mesosvolumes.New(config, stored) // another life of the framework
	s.Have("v", "b", 8, true)
	s.Begin()
	if !s.Busy() {
		t.Error("before the master says which agents there are, no offers are wanted")
	}
	if back := s.Present(map[string]bool{"b": true}); back || s.Busy() {
		t.Error("offers are wanted of an agent that is gone")
	}
	if back := s.Present(map[string]bool{"a": true, "b": true}); !back || !s.Busy() {
		t.Error("no offers are wanted of the agent that is back")
	}
	ops, _ := s.Offered(now, "a", []*mesospb.Resource{made("c1", "v", 8)})
	if fmt.Sprint(described(ops)) != "[DESTROY v UNRESERVE v]" {
		t.Errorf("the agent that is back is asked for %v", described(ops))
	}
	s.Listed(now.Add(time.Second), "a", []*mesospb.Resource{disk(8)})
	if ops, _ = s.Offered(now, "b", []*mesospb.Resource{made("c1", "v", 8)}); len(ops) > 0 || s.Busy() {
		t.Errorf("in the end, there is still to be done: %v", described(ops))
	}
}

// A claim's volume is on one node: one that is not handed over is given up for another node,
// and one that is stays where it is.
func TestVolumeOfAnotherNode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phase  records.VolumePhase
		handed bool
	}{{records.VolumeMaking, false}, {records.VolumeMade, false}, {records.VolumeMade, true}} {
		phase, handed := c.phase, c.handed
		s := mesosvolumes.New(config, []records.Volume{{Name: "v", Node: "a", MB: 8, Phase: phase, Handed: handed}})
		for _, want := range []bool{true, handed} {
			if _, err, _ := s.Have("v", "b", 8, false); (err != nil) != want {
				t.Errorf("%s, handed over: %v: on another node it cannot be: %v", phase, handed, err)
			}
		}
		if ops, _ := s.Offered(time.Unix(1e9, 0), "a", []*mesospb.Resource{made("c1", "v", 8)}); (len(ops) == 0) != handed {
			t.Errorf("%s, handed over: %v: its agent is asked for %v", phase, handed, described(ops))
		}
	}
}

// An agent that is back under another Node's name has its volumes removed that are given up,
// and no others.
func TestAgentWithAnotherNode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phase records.VolumePhase
		want  string
	}{
		{records.VolumeRemoving, "DESTROY v, UNRESERVE v"}, {records.VolumeGone, "DESTROY v, UNRESERVE v"},
		{records.VolumeMaking, ""}, {records.VolumeMade, ""},
	} {
		now := time.Unix(1e9, 0)
		s := mesosvolumes.New(config, []records.Volume{{Name: "v", Node: "a", MB: 8, Phase: c.phase}})
		ops, o := s.Offered(now, "a-2", []*mesospb.Resource{made("c1", "v", 8)})
		if got := strings.Join(described(ops), ", "); got != c.want {
			t.Errorf("%s: its agent is asked for %q, want %q", c.phase, got, c.want)
		}
		if removes := c.want != ""; removes != (len(o.Records) == 1) || removes == (len(o.Notices) == 1) {
			t.Errorf("%s: it is recorded as %v, and reported as %v", c.phase, o.Records, o.Notices)
		}
		if c.phase != records.VolumeRemoving {
			continue
		}
		for _, node := range []string{"a", "a-2"} { // another agent has the old name
			s.Listed(now.Add(time.Second), node, []*mesospb.Resource{disk(8)})
		}
		if removed, _, _ := s.Remove("v", "a"); !removed || s.Busy() {
			t.Error("the removal does not end")
		}
	}
}
