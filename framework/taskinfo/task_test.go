package taskinfo

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var task = scheduler.Task{ID: "uid.1", PodUID: "uid", Attempt: 1, Agent: "S1", Node: "n1"}

func makePod(change ...func(*v1.Pod)) *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "php", UID: "uid"}, Spec: v1.PodSpec{Containers: []v1.Container{{}}}}
	for _, c := range change {
		c(p)
	}
	return p
}

func taskOf(t *testing.T, p *v1.Pod) *mesospb.TaskInfo {
	t.Helper()
	rs, err := resources.Parse("cpus:1;mem:64")
	if err != nil {
		t.Fatal(err)
	}
	info, err := Task(task, p, rs, &mesospb.ExecutorInfo{}, taskdata.Cluster{Servers: []string{"https://10.0.0.1:6443"}, Token: "abcdef.0123456789abcdef"})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// A task carries what the executor goes by.
func TestTask(t *testing.T) {
	t.Parallel()
	info := taskOf(t, makePod())
	if info.GetTaskId().GetValue() != "uid.1" || info.GetAgentId().GetValue() != "S1" || info.GetName() != "php.default" || info.Executor == nil {
		t.Errorf("task %v", info)
	}
	data, err := taskdata.Decode(info.Data)
	if err != nil {
		t.Fatal(err)
	}
	if data.Namespace != "default" || data.Name != "php" || data.UID != "uid" || data.Node != "n1" || data.Cluster.Token != "abcdef.0123456789abcdef" {
		t.Errorf("data %+v", data)
	}
	if got := resources.Format(info.Resources); got != "cpus:1; mem:64" {
		t.Errorf("resources %s", got)
	}
}

// Mesos waits with a kill for as long as the pod wants to end in peace.
func TestKillPolicy(t *testing.T) {
	t.Parallel()
	if p := taskOf(t, makePod()).KillPolicy; p != nil {
		t.Errorf("without a grace period: %v", p)
	}
	info := taskOf(t, makePod(func(p *v1.Pod) { p.Spec.TerminationGracePeriodSeconds = new(int64(30)) }))
	if got := info.GetKillPolicy().GetGracePeriod().GetNanoseconds(); got != 30e9 {
		t.Errorf("grace period %d ns, want 30 s", got)
	}
}

// Mesos gets labels in order, and a bounded number of them.
func TestLabels(t *testing.T) {
	t.Parallel()
	if got := taskOf(t, makePod()).Labels; got != nil {
		t.Errorf("labels %v of a pod without", got)
	}
	info := taskOf(t, makePod(func(p *v1.Pod) {
		p.Labels = map[string]string{}
		for i := range 2 * maxLabels {
			p.Labels[fmt.Sprintf("k%03d", i)] = fmt.Sprint(i)
		}
	}))
	var keys []string
	for _, l := range info.Labels.Labels {
		keys = append(keys, l.GetKey())
	}
	if len(keys) != maxLabels || !slices.IsSorted(keys) || info.Labels.Labels[7].GetValue() != "7" {
		t.Errorf("labels %v", info.Labels)
	}
}

// Mesos-DNS hears of the ports of the host, and of no others.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	ports := []v1.ContainerPort{{Name: "http", HostPort: 31000, ContainerPort: 80, Protocol: v1.ProtocolTCP}, {ContainerPort: 53, Protocol: v1.ProtocolUDP}}
	for _, c := range []struct {
		hostNetwork bool
		want        []string
	}{
		{false, []string{"31000 http tcp"}},
		{true, []string{"31000 http tcp", "53  udp"}},
	} {
		info := taskOf(t, makePod(func(p *v1.Pod) { p.Spec.HostNetwork, p.Spec.Containers[0].Ports = c.hostNetwork, ports }))
		var got []string
		for _, p := range info.Discovery.GetPorts().GetPorts() {
			got = append(got, fmt.Sprint(p.GetNumber(), " ", p.GetName(), " ", p.GetProtocol()))
		}
		if !slices.Equal(got, c.want) || info.Discovery.GetName() != "php.default" {
			t.Errorf("host network %t: %q, want %q", c.hostNetwork, got, c.want)
		}
	}
	if got := taskOf(t, makePod()).Discovery.Ports; got != nil {
		t.Errorf("ports %v of a pod without", got)
	}
}
