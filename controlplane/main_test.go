package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
)

// A process can have one control plane, so the tests share one, and those that
// need another run this test binary again as a child with its Config in childEnv.
const childEnv = "CONTROLPLANE_TEST_CHILD"

// patience is how long a test waits for a condition.
const patience = 60 * time.Second

var (
	shared       *ControlPlane
	sharedClient kubernetes.Interface
)

func TestMain(m *testing.M) {
	if config := os.Getenv(childEnv); config != "" {
		os.Exit(child(config))
	}
	os.Exit(runShared(m))
}

// runShared runs the tests next to the shared control plane.
func runShared(m *testing.M) int {
	dir, err := os.MkdirTemp("", "controlplane")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	shared, err = New(Config{
		DataDir: dir, LocalAddress: "127.0.0.1:0", SecureAddress: "127.0.0.1:0", AllowPrivileged: true, Door: doorForTests, Fit: fitForTests,
	})
	if err != nil {
		return fail(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- shared.Run(ctx) }()
	select {
	case <-shared.Ready():
	case err := <-ended:
		return fail(fmt.Errorf("before it was ready: %w", err))
	}
	fmt.Printf("ready after %v\n", time.Since(start).Round(time.Millisecond))
	if sharedClient, err = kubernetes.NewForConfig(shared.ClientConfig()); err != nil {
		return fail(err)
	}
	code := m.Run()
	stop()
	if err := <-ended; err != nil {
		return fail(err)
	}
	return code
}

// doorForTests answers /door itself, and passes /door-to/… to the API server.
func doorForTests(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/door", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "here") })
	mux.Handle("/door-to/", http.StripPrefix("/door-to", api))
	mux.Handle("/", api)
	return mux
}

// child runs a control plane until it is told to stop, and prints its addresses on
// standard output once it is ready.
func child(config string) int {
	var cfg childConfig
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		return fail(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := New(cfg.Config)
	if err != nil {
		return fail(err)
	}
	go func() {
		select {
		case <-c.Ready():
			fmt.Println(strings.Join([]string{"ready", c.Servers()[0], c.LocalAddr()}, " "))
		case <-ctx.Done():
		}
	}()
	if err := c.Run(ctx); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
