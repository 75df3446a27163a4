package mesostest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest"
)

func TestMain(m *testing.M) {
	mesostest.Main()
	os.Exit(m.Run())
}

// TestMesos runs the suite on the master that MESOS_MASTER names as host:port, whose
// agents find this program at MESOS_EXECUTOR_URI, or at its own path if they are on
// this machine. If it is not set, the suite runs on a local Mesos with three agents.
func TestMesos(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := mesostest.Target{Master: os.Getenv("MESOS_MASTER"), Program: self,
		Principal: os.Getenv("MESOS_PRINCIPAL"), Secret: os.Getenv("MESOS_SECRET")}
	if uri := os.Getenv("MESOS_EXECUTOR_URI"); uri != "" {
		target.Program = uri
	}
	if target.Master == "" {
		target.Master = localMesos(t)
	}
	mesostest.Run(t, target)
}

func localMesos(t *testing.T) string {
	m, err := local.New(local.Config{
		Agents: 3, Resources: "cpus:4;mem:1024;disk:1024",
		AllocationInterval: 50 * time.Millisecond, UpdateRetry: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return m.Addr()
}
