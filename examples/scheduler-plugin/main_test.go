package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/podspec"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/recording"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const asProgram = "SCHEDULER_PLUGIN_AS_PROGRAM"

// The test is the program, too, when it starts itself.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// Where the configuration enables the plugin, its filter and its score decide where pods go;
// otherwise the same program does without it.
func TestPluginDecides(t *testing.T) {
	t.Parallel()
	events := []scheduler.Event{
		node("dear", "90"), node("fair", "50"), node("cheap", "10"), scheduler.PodsListed{},
		pod("careless", ""), pod("modest", "60"), pod("miser", "5"),
		scheduler.Subscribed{}, scheduler.Offered{Offers: []scheduler.Offer{offer("dear", 9000), offer("fair", 9000), offer("cheap", 1500)}}, scheduler.Tick{}, scheduler.Tick{},
	}
	for _, row := range []struct {
		config string
		want   []string
	}{
		{"scheduler.yaml", []string{"launch default/careless on cheap", "launch default/modest on fair", "miser waits: 0/3 nodes are available: 3 node(s) cost more than the pod is worth"}},
		{"", []string{"launch default/careless on dear", "launch default/modest on fair", "launch default/miser on cheap"}},
	} {
		said := replay(t, recorded(t, row.config, events...), row.config)
		for _, want := range row.want {
			if !strings.Contains(said, want) {
				t.Errorf("with configuration %q nothing says %q:\n%s", row.config, want, said)
			}
		}
	}
}

// recorded returns a recording of a core without rules, as if its plugins had been those of
// a configuration.
func recorded(t *testing.T, config string, events ...scheduler.Event) string {
	t.Helper()
	plugins := ""
	if config != "" {
		b, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		plugins = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	path := filepath.Join(t.TempDir(), "recording")
	cfg := scheduler.Config{Executor: scheduler.Amount{CPU: 100, Mem: 64}}
	w, err := recording.NewWriter(path, recording.DefaultLimit, cfg, plugins, testr.New(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	core, now := scheduler.New(cfg), time.Unix(1000, 0)
	for _, e := range events {
		now = now.Add(10 * time.Second)
		w.Record(now, e, core.Step(now, e))
	}
	end()
	<-done
	return path
}

// replay starts the program, which plays the recording again, and returns what it says.
func replay(t *testing.T, file, config string) string {
	t.Helper()
	args := []string{"-replay=" + file}
	if config != "" {
		args = append(args, "-scheduler_config="+config)
	}
	program := exec.Command(os.Args[0], args...)
	program.Env = append(os.Environ(), asProgram+"=1")
	said, _ := program.CombinedOutput() // it fails where the recording, made without plugins, differs
	return string(said)
}

func node(name, price string) scheduler.Event {
	n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{priceLabel: price}}}
	n.Status.Allocatable = v1.ResourceList{"cpu": resource.MustParse("9"), "memory": resource.MustParse("9Gi"), "pods": resource.MustParse("9")}
	return scheduler.NodeChanged{Name: name, Node: n}
}

func pod(name, limit string) scheduler.Event {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID(name), Labels: map[string]string{limitLabel: limit}}}
	p.Spec.SchedulerName = v1.DefaultSchedulerName
	p.Spec.Containers = []v1.Container{{Name: "c", Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse("1"), "memory": resource.MustParse("1Gi")}}}}
	required, _ := podspec.Requirements(p, scheduler.Amount{})
	return scheduler.PodAdded{Pod: required}
}

func offer(name string, cpu int64) scheduler.Offer {
	return scheduler.Offer{ID: "offer-" + name, Agent: "agent-" + name, Node: name, Amount: scheduler.Amount{CPU: cpu, Mem: 9000}}
}
