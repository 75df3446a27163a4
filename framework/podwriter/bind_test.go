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
	now := metav1.Now()
	for name, c := range map[string]struct {
		found    func(*v1.Pod)
		bound    bool
		tryAgain bool
	}{
		"bound there already":        {bound("n1", "S1"), true, false},
		"bound elsewhere":            {bound("n2", "S2"), false, false},
		"bound there, earlier agent": {bound("n1", "S0"), false, false},
		"another pod of that name":   {func(p *v1.Pod) { p.UID = "other" }, false, false},
		"being deleted":              {func(p *v1.Pod) { p.DeletionTimestamp, p.Finalizers = &now, []string{"a/b"} }, false, false},
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
	if len(events.messages) != 1 || events.messages[0] != "Assigned default/php to n1 as Mesos task uid-php.1" {
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
