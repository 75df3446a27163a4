package framework

import (
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An executor is sent its settings as soon as they change, and with every
// subscription, as a message may have been lost.
func TestSettings(t *testing.T) {
	t.Parallel()
	w := newHarness(t)
	changed := make(chan struct{})
	servers := make(chan []string, 1)
	servers <- []string{"https://10.0.0.1:6443"}
	w.start(func(c *Config) {
		c.SettingsChanged = changed
		c.Settings = func() taskdata.Settings {
			now := <-servers
			servers <- now
			return taskdata.Settings{Servers: now}
		}
	})
	told := func() []string {
		t.Helper()
		m := w.call(mesospb.SchedulerCall_MESSAGE).GetMessage()
		if m.GetAgentId().GetValue() != "S1" || m.GetExecutorId().GetValue() != taskdata.ExecutorID {
			t.Errorf("told executor %v on agent %v", m.GetExecutorId(), m.GetAgentId())
		}
		s, err := taskdata.DecodeSettings(m.GetData())
		if err != nil {
			t.Fatal(err)
		}
		return s.Servers
	}
	w.post(makePod("php"))
	w.offers(has("S1", four))
	_, tasks := w.launch()
	data, err := taskdata.Decode(tasks[0].GetData())
	if err != nil || !slices.Equal(data.Cluster.Servers, []string{"https://10.0.0.1:6443"}) {
		t.Errorf("launched with servers %v, %v", data.Cluster.Servers, err)
	}

	<-servers
	servers <- []string{"https://10.0.0.2:6443"}
	changed <- struct{}{}
	if got := told(); got[0] != "https://10.0.0.2:6443" {
		t.Errorf("told %v after a change", got)
	}
	w.kill()
	w.start(func(c *Config) { c.Cluster.Servers = []string{"https://10.0.0.3:6443"} })
	if got := told(); got[0] != "https://10.0.0.3:6443" {
		t.Errorf("told %v after a new subscription", got)
	}
}
