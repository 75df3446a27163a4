package volumes

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// cluster is the node a with 100 MiB of disk, and the space of all agents.
type cluster struct {
	*testing.T
	*fake.Clientset
	agents  *Agents
	changed []string
}

func withAgents(t *testing.T, story func(c *cluster)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
		n.Status.Allocatable = v1.ResourceList{v1.ResourceEphemeralStorage: resource.MustParse("100Mi")}
		c := &cluster{T: t, Clientset: fake.NewClientset(n)}
		c.agents = NewAgents(c.Clientset, logr.Discard())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.agents.Run(ctx, func(name string) { c.changed = append(c.changed, name) }) }()
		synctest.Wait()
		story(c)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// node changes the Node and returns it as it was before.
func (c *cluster) node(change func(*v1.Node)) *v1.Node {
	c.Helper()
	n, err := c.CoreV1().Nodes().Get(c.Context(), "a", metav1.GetOptions{})
	if err != nil {
		c.Fatal(err)
	}
	was := n.DeepCopy()
	if change != nil {
		change(n)
		if _, err := c.CoreV1().Nodes().Update(c.Context(), n, metav1.UpdateOptions{}); err != nil {
			c.Fatal(err)
		}
		synctest.Wait()
	}
	return was
}

// wants checks what the Node is told to have.
func (c *cluster) wants(want string) {
	c.Helper()
	synctest.Wait()
	if got := c.node(nil).Annotations[taskdata.VolumesWantedAnnotation]; got != want {
		c.Errorf("the node is to have %s, want %s", got, want)
	}
}

// reports has the executor say what there is.
func (c *cluster) reports(what string) {
	c.node(func(n *v1.Node) { metav1.SetMetaDataAnnotation(&n.ObjectMeta, taskdata.VolumesAnnotation, what) })
}

// A volume's life is written on its Node, and what the executor says there is heard.
func TestVolumeOfAnAgent(t *testing.T) {
	withAgents(t, func(c *cluster) {
		v := Volume{Name: "pvc-1", Node: "a", Bytes: 10 << 20}
		if s, err := c.agents.Have(v); err != nil || s.Ready {
			t.Fatalf("%+v, %v", s, err)
		}
		c.wants(`[{"name":"pvc-1","bytes":10485760}]`)
		c.reports(`[{"name":"pvc-1","path":"/v/pvc-1/data","bytes":10485760,"unlimited":"it is what it is"}]`)
		if len(c.changed) == 0 || c.changed[len(c.changed)-1] != "pvc-1" {
			t.Errorf("nobody is told: %v", c.changed)
		}
		s, err := c.agents.Have(v)
		if err != nil || !s.Ready || s.Source.Local.Path != "/v/pvc-1/data" || s.Unlimited != "it is what it is" {
			t.Errorf("%+v, %v", s, err)
		}
		v.Made, v.Bytes = true, 20<<20
		if s, err := c.agents.Have(v); err != nil || s.Ready {
			t.Errorf("it has grown before the executor says so: %+v, %v", s, err)
		}
		c.wants(`[{"name":"pvc-1","bytes":20971520,"made":true}]`)
		if removed, err := c.agents.Remove(v); removed || err != nil {
			t.Errorf("it is removed before the executor says so: %v", err)
		}
		c.wants(`[{"name":"pvc-1","bytes":20971520,"remove":true}]`)
		c.reports(`[{"name":"pvc-1","error":"it is busy"}]`)
		if removed, err := c.agents.Remove(v); removed || err == nil || !strings.Contains(err.Error(), "node a: it is busy") {
			t.Errorf("%v, %v", removed, err)
		}
		c.reports(`[{"name":"pvc-1","removed":true}]`)
		if removed, err := c.agents.Remove(v); !removed || err != nil {
			t.Errorf("%v, %v", removed, err)
		}
		c.agents.Forget("pvc-1")
		c.wants(`[]`)
	})
}

// New volumes are refused where they cannot be, now or ever; those that there are stay wanted.
func TestVolumesRefusedByAgents(t *testing.T) {
	withAgents(t, func(c *cluster) {
		refused := func(v Volume, want string) {
			t.Helper()
			if _, err := c.agents.Have(v); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q", v, err, want)
			}
		}
		refused(Volume{Name: "pvc-1", Node: "b", Bytes: 1}, "node b does not exist")
		if _, err := c.agents.Have(Volume{Name: "pvc-2", Node: "a", Bytes: 60 << 20}); err != nil {
			t.Error(err)
		}
		refused(Volume{Name: "pvc-3", Node: "a", Bytes: 60 << 20}, "its volumes would need 120")
		refused(Volume{Name: "pvc-2", Node: "a", Bytes: 160 << 20, Made: true}, "its volumes would need 160")
		c.node(func(n *v1.Node) {
			n.Status.Conditions = []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionUnknown}}
		})
		refused(Volume{Name: "pvc-4", Node: "a", Bytes: 1}, "the agent of node a is lost")
		if _, err := c.agents.Have(Volume{Name: "pvc-5", Node: "a", Bytes: 1 << 20, Made: true}); err != nil {
			t.Errorf("a volume that there is: %v", err)
		}
		c.wants(`[{"name":"pvc-2","bytes":62914560,"made":true},{"name":"pvc-5","bytes":1048576,"made":true}]`)
	})
}

// A node's volumes have to be written on its Node: it may not have any number.
func TestTooManyVolumes(t *testing.T) {
	withAgents(t, func(c *cluster) {
		for i := range mostVolumes {
			if _, err := c.agents.Have(Volume{Name: fmt.Sprintf("pvc-%d", i), Node: "a", Bytes: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.agents.Have(Volume{Name: "pvc-x", Node: "a", Bytes: 1}); err == nil || !strings.Contains(err.Error(), "has 400 volumes") {
			t.Errorf("%v", err)
		}
		if _, err := c.agents.Have(Volume{Name: "pvc-0", Node: "a", Bytes: 2}); err != nil {
			t.Errorf("one that there is cannot grow: %v", err)
		}
	})
}

// A growth that is refused, or taken back, takes no space.
func TestGrowthIsTakenBack(t *testing.T) {
	withAgents(t, func(c *cluster) {
		v := Volume{Name: "pvc-1", Node: "a", Bytes: 10 << 20}
		have := func(bytes int64, want string) {
			t.Helper()
			v.Bytes = bytes
			_, err := c.agents.Have(v)
			if got := fmt.Sprint(err); !strings.Contains(got, want) {
				t.Errorf("%d MiB: %s, want %s", bytes>>20, got, want)
			}
		}
		have(10<<20, "nil")
		v.Made = true
		have(110<<20, "its volumes would need 110")
		c.wants(`[{"name":"pvc-1","bytes":10485760,"made":true}]`)
		have(90<<20, "nil")
		c.wants(`[{"name":"pvc-1","bytes":94371840,"made":true}]`)
		have(10<<20, "nil")
		c.wants(`[{"name":"pvc-1","bytes":10485760,"made":true}]`)
		if _, err := c.agents.Have(Volume{Name: "pvc-2", Node: "a", Bytes: 90 << 20}); err != nil {
			t.Error(err)
		}
	})
}

// What a Node is to have is written again when it is another Node, or somebody changes it.
func TestNodeIsMadeAgain(t *testing.T) {
	withAgents(t, func(c *cluster) {
		if _, err := c.agents.Have(Volume{Name: "pvc-1", Node: "a", Bytes: 1}); err != nil {
			t.Fatal(err)
		}
		const want = `[{"name":"pvc-1","bytes":1}]`
		c.wants(want)
		c.node(func(n *v1.Node) { delete(n.Annotations, taskdata.VolumesWantedAnnotation) })
		c.wants(want)
	})
}
