package podwriter

import (
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

var (
	errTest = errors.New("as the test has it")
	pods    = schema.GroupResource{Resource: "pods"}
	task    = scheduler.Task{ID: "uid-php.1", PodUID: "uid-php", Attempt: 1, Agent: "S1", Node: "n1"}
)

// A binding that conflicts with the pod's state is resolved by looking at the pod.
func TestBindConflict(t *testing.T) {
	t.Parallel()
	conflict := apierrors.NewConflict(pods, "php", errTest)
	bound := func(node, agent string) func(*v1.Pod) {
		return func(p *v1.Pod) {
			p.Spec.NodeName, p.Annotations = node, map[string]string{taskdata.AgentAnnotation: agent}
		}
	}
	assigned := func(node string) func(*v1.Pod) { return func(p *v1.Pod) { p.Spec.NodeName = node } }
	deleted := func(p *v1.Pod) { p.DeletionTimestamp, p.Finalizers = new(metav1.Now()), []string{"a/b"} }
	for name, c := range map[string]struct {
		found    func(*v1.Pod)
		bound    bool
		tryAgain bool
	}{
		"bound there already":        {bound("n1", "S1"), true, false},
		"bound elsewhere":            {bound("n2", "S2"), false, false},
		"bound there, earlier agent": {bound("n1", "S0"), false, false},
		"assigned there":             {assigned("n1"), true, false},
		"assigned elsewhere":         {assigned("n2"), false, false},
		"assigned, being deleted":    {func(p *v1.Pod) { assigned("n1")(p); deleted(p) }, false, false},
		"another pod of that name":   {func(p *v1.Pod) { p.UID = "other" }, false, false},
		"being deleted":              {deleted, false, false},
		"as it was":                  {func(*v1.Pod) {}, false, true},
	} {
		client := fake.NewSimpleClientset(makePod("php", c.found))
		client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
			return a.GetSubresource() == "binding", nil, conflict
		})
		w := NewWriter(client, noEvents{}, logr.Discard())
		err, again := verdict(w.bind(t.Context(), makePod("php"), task))
		if (err == nil) != c.bound || again != c.tryAgain {
			t.Errorf("%s: %v, again %t", name, err, again)
		}
		now, err := client.CoreV1().Pods("default").Get(t.Context(), "php", metav1.GetOptions{})
		if err != nil || taskdata.MeantFor(now.Annotations, "S1") != c.bound {
			t.Errorf("%s: %v, annotations %v", name, err, now.Annotations)
		}
	}
}

// A pod that is being deleted is removed if others have bound it and no kubelet has it.
func TestRemove(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found   func(*v1.Pod)
		removed bool
	}{
		"assigned": {func(p *v1.Pod) { p.Spec.NodeName = "n1" }, true},
		"confirmed meanwhile": {func(p *v1.Pod) {
			p.Spec.NodeName, p.Annotations = "n1", map[string]string{taskdata.AgentAnnotation: "S1"}
		}, false},
		"another of its name now": {func(p *v1.Pod) { p.Spec.NodeName, p.UID = "n1", "other" }, false},
	} {
		client := fake.NewSimpleClientset(makePod("php", c.found, func(p *v1.Pod) {
			p.DeletionTimestamp, p.Finalizers, p.ResourceVersion = new(metav1.Now()), []string{"a/b"}, "7"
		}))
		var asked metav1.DeleteOptions
		client.PrependReactor("delete", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
			asked = a.(k8stesting.DeleteActionImpl).DeleteOptions
			return true, nil, nil
		})
		w := NewWriter(client, noEvents{}, logr.Discard())
		if err := w.remove(t.Context(), makePod("php")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p := asked.Preconditions; (p != nil) != c.removed || c.removed && (*p.ResourceVersion != "7" || *asked.GracePeriodSeconds != 0) {
			t.Errorf("%s: deleted with %+v", name, asked)
		}
	}
}

// A binding names the agent that it is meant for, and is told with the pod.
func TestBind(t *testing.T) {
	t.Parallel()
	client := fake.NewSimpleClientset()
	var got *v1.Binding
	client.PrependReactor("create", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
		got = a.(k8stesting.CreateAction).GetObject().(*v1.Binding)
		return true, got, nil
	})
	events := &recorded{}
	w := NewWriter(client, events, logr.Discard())
	if err := w.bind(t.Context(), makePod("php"), task); err != nil {
		t.Fatal(err)
	}
	if got.UID != "uid-php" || got.Target.Name != "n1" || got.Annotations[taskdata.AgentAnnotation] != "S1" {
		t.Errorf("bound by %+v", got)
	}
	if len(events.messages) != 1 || events.messages[0] != "Successfully assigned default/php to n1 as Mesos task uid-php.1" {
		t.Errorf("events %q", events.messages)
	}
}

// A binding that a webhook or a quota denies is not a pod's end: the core hears
// that another attempt may be allowed.
func TestDeniedBinding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"forbidden":       {apierrors.NewForbidden(pods, "php", errors.New("quota")), true},
		"invalid":         {apierrors.NewInvalid(schema.GroupKind{Kind: "Binding"}, "php", nil), true},
		"the pod is gone": {apierrors.NewNotFound(pods, "php"), false},
		"bound elsewhere": {errors.New("pod is bound to node n9 already"), false},
	} {
		if got := Denied(c.err); got != c.want {
			t.Errorf("%s: denied is %v", name, got)
		}
	}
}
