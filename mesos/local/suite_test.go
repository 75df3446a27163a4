package local_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest"
)

func TestMain(m *testing.M) {
	mesostest.Main()
	os.Exit(m.Run())
}

// start runs a local Mesos until the end of the test.
func start(t testing.TB, cfg local.Config) *local.Mesos {
	t.Helper()
	m, _ := startUntil(t, cfg)
	return m
}

// startUntil runs a local Mesos until stop is called, or until the end of the test.
func startUntil(t testing.TB, cfg local.Config) (m *local.Mesos, stop func()) {
	t.Helper()
	m, err := local.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return m, stop
}

// quick returns a configuration with short times.
func quick() local.Config {
	return local.Config{
		Resources:          "cpus:4;mem:1024;disk:1024;ports:[31000-31009]",
		AllocationInterval: 50 * time.Millisecond,
		UpdateRetry:        200 * time.Millisecond,
		AgentTimeout:       300 * time.Millisecond,
		ShutdownGrace:      2 * time.Second,
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct{ name, version, principal, secret string }{
		{"1.0.4", "1.0.4", "", ""},
		{"1.11.0", "1.11.0", "", ""},
		{"with credentials", "1.11.0", "fw", "s3"},
	} {
		t.Run(is.name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			cfg.Version = is.version
			if is.principal != "" {
				cfg.Credentials = map[string]string{is.principal: is.secret}
			}
			m := start(t, cfg)
			mesostest.Run(t, mesostest.Target{Master: m.Addr(), Program: self, Principal: is.principal, Secret: is.secret})
		})
	}
}
