package schedulerplugins

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	fwk "k8s.io/kube-scheduler/framework"
)

// solitude is a plugin that allows no pod on any node while a pod is anywhere.
type solitude struct{ nodes fwk.NodeInfoLister }

func newSolitude(_ context.Context, _ kruntime.Object, h fwk.Handle) (fwk.Plugin, error) {
	return &solitude{h.SnapshotSharedLister().NodeInfos()}, nil
}

func (*solitude) Name() string { return "Solitude" }

func (s *solitude) PreFilter(_ context.Context, state fwk.CycleState, _ *v1.Pod, _ []fwk.NodeInfo) (*fwk.PreFilterResult, *fwk.Status) {
	all, _ := s.nodes.List()
	for _, n := range all {
		if len(n.GetPods()) > 0 {
			return nil, fwk.NewStatus(fwk.Unschedulable, "somebody is there")
		}
	}
	return nil, nil
}

func (*solitude) PreFilterExtensions() fwk.PreFilterExtensions { return nil }

// permitting acts where no plugin is asked, too.
type permitting struct{ solitude }

func (*permitting) Name() string { return "Permitting" }
func (*permitting) Permit(context.Context, fwk.CycleState, *v1.Pod, string) (*fwk.Status, time.Duration) {
	return nil, 0
}

func ownRules(t *testing.T, own Own, plugins string) (*Rules, error) {
	t.Helper()
	profiles, err := Load([]byte(header+"profiles:\n- plugins: "+plugins+"\n"), own)
	if err != nil {
		t.Fatal(err)
	}
	return New(t.Context(), profiles)
}

// A plugin of one's own is asked again when a pod has come or gone, as nothing is known of
// what it looks at.
func TestOwnPluginIsAskedAgain(t *testing.T) {
	t.Parallel()
	r, err := ownRules(t, Own{"Solitude": newSolitude}, "{multiPoint: {enabled: [{name: Solitude}]}}")
	if err != nil {
		t.Fatal(err)
	}
	r.Node("n", &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}})
	pod := func(name string) *v1.Pod {
		p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
		p.Spec.SchedulerName = v1.DefaultSchedulerName
		p.Spec.Volumes = []v1.Volume{{Name: "kube-api-access-" + name}}
		return p
	}
	if r.Key(specOf(pod("a"))) != r.Key(specOf(pod("b"))) {
		t.Error("pods that differ in name alone are told apart")
	}
	rule := r.Rule(specOf(pod("a")))
	if why := rule.Refuses("n"); why != "" {
		t.Errorf("an empty cluster is refused: %s", why)
	}
	if e := r.Settled(specOf(pod("b")), "n"); !e.More {
		t.Error("the effect of a pod on a plugin of which nothing is known is thought to be known")
	}
	if why := rule.Refuses("n"); why != "somebody is there" {
		t.Errorf("with a pod there: %q", why)
	}
	if e := r.Left(specOf(pod("b")), "n"); !e.More {
		t.Error("a pod that has left allows nothing more")
	}
	if why := rule.Refuses("n"); why != "" {
		t.Errorf("after it has left: %s", why)
	}
}

// Plugins that act where none is asked are refused, and so are names that Kubernetes' have.
func TestOwnPluginsAreRefused(t *testing.T) {
	t.Parallel()
	permit := func(context.Context, kruntime.Object, fwk.Handle) (fwk.Plugin, error) { return &permitting{}, nil }
	for _, row := range []struct {
		own     Own
		plugins string
		says    string
	}{
		{Own{"Permitting": permit}, "{multiPoint: {enabled: [{name: Permitting}]}}", "plugin Permitting acts at permit"},
		{Own{"Permitting": permit}, "{preFilter: {enabled: [{name: Permitting}]}}", ""},
		{Own{"NodePorts": permit}, "{}", "NodePorts already exists"},
	} {
		_, err := ownRules(t, row.own, row.plugins)
		if says := fmt.Sprint(err); err == nil && row.says != "" || !strings.Contains(says, row.says) {
			t.Errorf("%s: %v, want %q", row.plugins, err, row.says)
		}
	}
}
