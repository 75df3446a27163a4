package local_test

import (
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A REVIVE itself brings offers, long before the next regular round.
func TestReviveIsQuick(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.AllocationInterval = time.Hour
	f := connect(t, start(t, cfg))
	o := f.offer()
	f.send(mesos.Decline([]string{o.Id.GetValue()}, time.Hour))
	f.send(mesos.Revive())
	f.offer()
}

// A filter lasts as long as it says, and at least for one round.
func TestFilterTime(t *testing.T) {
	t.Parallel()
	f := connect(t, start(t, quick()))
	o := f.offer()
	begin := time.Now()
	f.send(mesos.Decline([]string{o.Id.GetValue()}, 300*time.Millisecond))
	f.offer()
	if d := time.Since(begin); d < 250*time.Millisecond {
		t.Errorf("offered after %v", d)
	}
}

// A filter does not hide more than was refused.
func TestFilterHidesOnlyWhatWasRefused(t *testing.T) {
	t.Parallel()
	f := connect(t, start(t, quick()))
	o := f.launch("uses", "ex-uses", run)
	rest := f.offer()
	f.send(mesos.Decline([]string{rest.Id.GetValue()}, time.Hour))
	f.send(mesos.Kill("uses", o.AgentId.GetValue(), 0))
	if more := f.offer(); resources.Scalar(more.Resources, "cpus") <= resources.Scalar(rest.Resources, "cpus") {
		t.Errorf("offered %s", resources.Format(more.Resources))
	}
}

// Frameworks take turns, so each gets some of the agents.
func TestTurns(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Agents, cfg.AllocationInterval = 4, time.Hour
	m := start(t, cfg)
	a := connect(t, m)
	var all []string
	for range cfg.Agents { // which come one by one
		all = append(all, a.offer().Id.GetValue())
	}
	b := connect(t, m)
	a.send(mesos.Decline(all, 0))
	b.send(mesos.Revive())
	b.offer()
	a.offer()
	if len(a.offers) != 1 || len(b.offers) != 1 {
		t.Errorf("of %d agents one got %d, the other %d", len(all), len(a.offers)+1, len(b.offers)+1)
	}
}

func TestOfferTimeout(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.OfferTimeout = 50 * time.Millisecond
	f := connect(t, start(t, cfg))
	o := f.offer()
	f.until("RESCIND", func(e *mesospb.SchedulerEvent) bool { return e.Rescind.GetOfferId().GetValue() == o.Id.GetValue() })
	f.accept(o, task(t, o, "late", "ex", run))
	if s := f.status("late", mesospb.TaskState_TASK_DROPPED); s.GetReason() != mesospb.TaskStatus_REASON_INVALID_OFFERS {
		t.Errorf("%v", s)
	}
}

// Resources reserved for a role are offered only to it, together with unreserved
// ones, and in the form that the framework understands.
func TestReservedResources(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Resources = "cpus:2;cpus(web):1;mem:512;mem(web):64;disk:1;ports:[31000-31009]"
	m := start(t, cfg)
	everyone := connect(t, m)
	if o := everyone.offer(); resources.Format(o.Resources) != "cpus:2; mem:512; disk:1; ports:[31000-31009]" {
		t.Errorf("everyone is offered %s", resources.Format(o.Resources))
	}
	everyone.stop()
	<-everyone.ended
	refined := mesospb.FrameworkInfo_Capability_RESERVATION_REFINEMENT
	for _, capabilities := range [][]*mesospb.FrameworkInfo_Capability{nil, {{Type: &refined}}} {
		web := connect(t, m, func(i *mesospb.FrameworkInfo, _ *mesos.SchedulerConfig) {
			i.Role, i.FailoverTimeout = proto.String("web"), proto.Float64(0)
			i.Capabilities = append(i.Capabilities, capabilities...)
		})
		o := web.offer()
		for resources.Scalar(o.Resources, "cpus") < 3000 { // the other one has just gone
			web.send(mesos.Decline([]string{o.Id.GetValue()}, 0))
			o = web.offer()
		}
		all, err := resources.Parse(cfg.Resources)
		if err != nil {
			t.Fatal(err)
		}
		if !resources.Contains(o.Resources, all) || !resources.Contains(all, o.Resources) {
			t.Errorf("web is offered %s, not %s", resources.Format(o.Resources), cfg.Resources)
		}
		taken, _, err := resources.Take(o.Resources, resources.Want{CPU: 1500, Mem: 100, Ports: []uint16{31005}})
		if err != nil {
			t.Fatal(err)
		}
		web.accept(o, task(t, o, "web", "ex-web", run, func(i *mesospb.TaskInfo) { i.Resources = taken }))
		web.status("web", mesospb.TaskState_TASK_RUNNING)
		web.send(mesos.Teardown())
		web.stop()
		<-web.ended
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Agents, cfg.Attributes = 2, []string{"rack:r1;level:3.5", "rack:r2"}
	f := connect(t, start(t, cfg))
	racks := map[string]string{}
	for range 2 {
		o := f.offer()
		racks[o.GetHostname()] = o.Attributes[0].GetText().GetValue()
	}
	if len(racks) != 2 {
		t.Errorf("racks %v", racks)
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]local.Config{
		"agents":     {Agents: -1},
		"version":    {Version: "1.4.0"},
		"resources":  {Resources: "cpus:many"},
		"attributes": {Attributes: []string{"rack"}},
		"too few":    {Agents: 3, Attributes: []string{"a:b", "a:c"}},
		"hosts":      {Agents: 2, Hosts: []string{"/proc/1/ns"}},
		"no host":    {Hosts: []string{"/proc/1"}},
		"address":    {Addr: "256.0.0.1:0"},
		"time":       {OfferTimeout: -1},
		"chance":     {Faults: local.Faults{FailFetches: 1.5}},
		"work dir":   {WorkDir: "/dev/null/x"},
	} {
		if m, err := local.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
			m.Run(canceled(t))
		}
	}
}
