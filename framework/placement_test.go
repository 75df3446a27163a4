package framework

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
)

// condition returns what a pod's condition says of why it has no node.
func (w *harness) condition(name string) string {
	for _, c := range w.pod(name).Status.Conditions {
		if c.Type == v1.PodScheduled && c.Status == v1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

// The condition of a pod that waits, its placement, the queue, and what is said of a pod
// like it that does not exist are the same, word for word.
func TestPlacementAgrees(t *testing.T) {
	t.Parallel()
	asks := func(what, much string) func(*v1.Pod) {
		return func(p *v1.Pod) { p.Spec.Containers[0].Resources.Requests[v1.ResourceName(what)] = quantity(much) }
	}
	for _, row := range []struct {
		name string
		pod  func(*v1.Pod)
		want string
	}{
		{"too large", asks("cpu", "64"), "0/1 nodes are available: 1 Insufficient cpu (lacking 60"},
		{"selects", func(p *v1.Pod) { p.Spec.NodeSelector = map[string]string{"zone": "b"} }, "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."},
		{"port", func(p *v1.Pod) { p.Spec.Containers[0].Ports = []v1.ContainerPort{{ContainerPort: 80, HostPort: 80}} }, "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports (80)."},
		{"unsupported", asks("hugepages-2Mi", "2Mi"), "No agent can give 2Mi hugepages-2Mi"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newHarness(t).start()
			made := makePod("x", row.pod)
			w.post(made)
			w.offers(has("S1", four))
			w.eventually("a condition with the reason", func() bool { return strings.Contains(w.condition("x"), row.want) })
			want := w.condition("x")
			p, err := w.frame.Placement(t.Context(), string(made.UID))
			if err != nil || p.Message != want || p.State != "waiting" {
				t.Errorf("its placement is %+v, %v; want %q", p, err, want)
			}
			like := made.DeepCopy()
			like.Name, like.UID = "y", "y"
			if got, err := w.frame.Fit(t.Context(), like); err != nil || got != want {
				t.Errorf("of one like it is said %q, %v; want %q", got, err, want)
			}
			q, err := w.frame.Queue(t.Context())
			if inQueue := len(q) == 1 && q[0].Message == want; err != nil || inQueue != p.Queued {
				t.Errorf("the queue is %+v, %v", q, err)
			}
		})
	}
}

// While no pod waits no offers come; what has become free since counts nevertheless. A pod of
// another scheduler, and one that nobody has announced, are said to be so.
func TestFitCountsWhatWasFreed(t *testing.T) {
	t.Parallel()
	w := newHarness(t).start()
	large := func(p *v1.Pod) { p.Spec.Containers[0].Resources.Requests["cpu"] = quantity("3") }
	first := makePod("first", large)
	w.post(first)
	w.offers(has("S1", four))
	_, tasks := w.launch()
	fits := func(p *v1.Pod) string {
		message, err := w.frame.Fit(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	w.offers(has("S1", "cpus:1;mem:4000")) // what is left: the master offers all of an agent again when it is asked for offers
	w.eventually("no room for the second", func() bool {
		return strings.HasPrefix(fits(makePod("second", large)), "0/1 nodes are available: 1 Insufficient cpu")
	})
	if p, err := w.frame.Placement(t.Context(), string(first.UID)); err != nil || p.State != "launching" || p.Task == nil || p.Task.Agent != "S1" {
		t.Errorf("the first: %+v, %v", p, err)
	}
	w.update(tasks[0], mesospb.TaskState_TASK_FAILED)
	w.eventually("room for the second", func() bool { return fits(makePod("second", large)) == "it would fit now on 1 of 1 nodes" })

	other := makePod("other", func(p *v1.Pod) { p.Spec.SchedulerName = "theirs" })
	if got := fits(other); !strings.HasPrefix(got, "it asks for scheduler theirs, and is left to that") {
		t.Errorf("of another scheduler's: %q", got)
	}
	w.post(other)
	w.eventually("the pod left alone", func() bool {
		p, err := w.frame.Placement(t.Context(), string(other.UID))
		return err == nil && p.State == "left alone" && p.Message == fits(other)
	})
	if p, err := w.frame.Placement(t.Context(), "nobody's"); err != nil || p.State != "unknown" {
		t.Errorf("unknown: %+v, %v", p, err)
	}
}
