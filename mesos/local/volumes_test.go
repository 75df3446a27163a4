package local_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func inRole(role string) func(*mesospb.FrameworkInfo, *mesos.SchedulerConfig) {
	return func(i *mesospb.FrameworkInfo, _ *mesos.SchedulerConfig) { i.Role = &role }
}

// volume returns a persistent volume in role web, and the disk that it is made of.
func volume(id string) (volume, disk *mesospb.Resource) {
	disk = resources.Reserved(scalar("disk", 16), "web", "", nil)
	c := *disk
	c.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: &id},
		Volume:      &mesospb.Volume{ContainerPath: proto.String("data"), Mode: mesospb.Volume_RW.Enum()},
	}
	return &c, disk
}

// operate uses an offer for operations alone.
func (f *framework) operate(o *mesospb.Offer, ops ...*mesospb.Offer_Operation) {
	f.t.Helper()
	f.send(mesos.Accept([]string{o.Id.GetValue()}, 0, ops...))
}

// offerThat waits for an offer that ok accepts and declines the others.
func (f *framework) offerThat(what string, ok func(volumes []string) bool) *mesospb.Offer {
	f.t.Helper()
	for range 200 {
		o := f.offer()
		var ids []string
		for _, r := range o.Resources {
			if id := resources.VolumeID(r); id != "" {
				ids = append(ids, id)
			}
		}
		if ok(ids) {
			return o
		}
		f.send(mesos.Decline([]string{o.Id.GetValue()}, 0))
	}
	f.t.Fatalf("no offer comes with %s", what)
	return nil
}

func one(volumes []string) bool  { return len(volumes) == 1 }
func none(volumes []string) bool { return len(volumes) == 0 }

// A volume and what is in it survive its framework's life, the master, the agent's
// process, the agent's id and, with a work directory, the whole local Mesos.
func TestVolumesSurvive(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.WorkDir, cfg.AgentTimeout = t.TempDir(), time.Minute
	m, stop := startUntil(t, cfg)
	f := connect(t, m, inRole("web"))
	v, disk := volume("v")
	f.operate(f.offer(), mesos.Reserve(disk), mesos.Create(v))
	agent := f.offerThat("the volume", one).AgentId.GetValue()
	file := filepath.Join(cfg.WorkDir, "volumes/roles/web/v/file")
	if err := os.WriteFile(file, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name string
		do   func() error
		same bool // the agent keeps its id
	}{
		{"the framework ends", func() error {
			f.send(mesos.Teardown())
			f.stop()
			<-f.ended
			f = connect(t, m, inRole("web"))
			return nil
		}, true},
		{"another master", func() error {
			defer f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
			return m.FailOver(0)
		}, true},
		{"the agent is stopped", func() error {
			if err := m.StopAgent(0, 0); err != nil {
				return err
			}
			f.offers = nil
			return m.StartAgent(0)
		}, true},
		{"the agent gets another id", func() error { f.offers = nil; return m.MarkAgentGone(0) }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		o := f.offerThat("the volume: "+step.name, one)
		if same := o.AgentId.GetValue() == agent; same != step.same {
			t.Errorf("%s: the agent keeps its id: %v", step.name, same)
		}
		f.send(mesos.Decline([]string{o.Id.GetValue()}, 0))
	}
	stop()
	m = start(t, cfg)
	f = connect(t, m, inRole("web"))
	o := f.offerThat("the volume after all has ended", one)
	if b, err := os.ReadFile(file); string(b) != "kept" {
		t.Errorf("the file has %q: %v", b, err)
	}
	f.operate(o, mesos.Destroy(v), mesos.Unreserve(disk))
	f.offerThat("no volume", none)
	if _, err := os.Stat(filepath.Dir(file)); !os.IsNotExist(err) {
		t.Errorf("its directory: %v", err)
	}
}

// An operation that an agent has not heard of before the master gave it up never
// happens; one that waits for an agent that is back in time does.
func TestOperationForASilentAgent(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"lost": true, "back in time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			if !lost {
				cfg.AgentTimeout = time.Minute
			}
			m := start(t, cfg)
			f := connect(t, m, inRole("web"))
			o := f.offer()
			if err := m.PauseAgent(0, 0); err != nil {
				t.Fatal(err)
			}
			v, disk := volume("v")
			f.operate(o, mesos.Reserve(disk), mesos.Create(v))
			if lost {
				f.failure("")
			}
			f.offers = nil
			if err := m.ResumeAgent(0); err != nil {
				t.Fatal(err)
			}
			if lost {
				f.offerThat("no volume", none)
			} else {
				f.offerThat("the volume", one)
			}
		})
	}
}
