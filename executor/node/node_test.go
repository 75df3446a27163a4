package node

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/kubelet"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  Config
		want string // "": any that is not loopback
	}{
		"named":                   {Config{Address: "198.51.100.7", Endpoint: "127.0.0.1:5051"}, "198.51.100.7"},
		"agent on loopback":       {Config{Endpoint: "127.0.0.1:5051"}, ""},
		"agent of another host":   {Config{Endpoint: "198.51.100.7:5051"}, ""},
		"agent by name":           {Config{Endpoint: "agent:5051"}, ""},
		"agent behind a socket":   {Config{}, ""},
		"agent on every address":  {Config{Endpoint: "0.0.0.0:5051"}, ""},
		"agent on IPv6, loopback": {Config{Endpoint: "[::1]:5051"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ip, err := (&Node{cfg: c.cfg}).address()
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want != "" && ip.String() != c.want:
				t.Errorf("got %v, want %s", ip, c.want)
			case c.want == "" && (!usable(ip) || !has(own, ip)):
				t.Errorf("got %v, which is not one of this machine's", ip)
			}
		})
	}
	for _, a := range own {
		ip := ipOf(a)
		if !usable(ip) {
			continue
		}
		got, err := (&Node{cfg: Config{Endpoint: net.JoinHostPort(ip.String(), "5051")}}).address()
		if err != nil || !got.Equal(ip) {
			t.Errorf("the agent is on %v, the node on %v: %v", ip, got, err)
		}
	}
}

// If the kubelet fails, its error is returned, whatever else runs.
func TestRunWith(t *testing.T) {
	t.Parallel()
	failed := errors.New("no certificate")
	ended := false
	err := runWith(t.Context(), func(context.Context) error { return failed },
		func(ctx context.Context) { <-ctx.Done(); ended = true })
	if !errors.Is(err, failed) || !ended {
		t.Errorf("got %v, the other has ended: %v", err, ended)
	}
}

// observer is what a test sees of a node.
type observer struct {
	t     *testing.T
	waits chan string
}

func (s observer) Up() { s.t.Error("a node without Docker is up") }

func (s observer) Pods([]executor.Pod) { s.t.Error("pods of a node that is not up") }

func (s observer) Waits(reason string) {
	select {
	case s.waits <- reason:
	default: // the test no longer reads
	}
}

// While no Docker daemon answers, the node waits and reports what for, and Running does
// not claim that nothing runs.
func TestRunWithoutDocker(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "docker.sock")
	n, err := New(Config{RootDir: t.TempDir(), Docker: "unix://" + socket})
	if err != nil {
		t.Fatal(err)
	}
	spec := executor.Spec{Name: "n", Framework: "F", Agent: "S0", Total: executor.Amount{CPUs: 1, Mem: 100},
		Cluster: taskdata.Cluster{Servers: []string{"https://127.0.0.1:1"}, CA: authority(t), Token: "y"}}
	ctx, cancel := context.WithCancel(t.Context())
	o, ended := observer{t, make(chan string)}, make(chan error, 1)
	go func() { ended <- n.Run(ctx, spec, o) }()
	for range 2 { // it does not give up
		if reason := <-o.waits; !strings.Contains(reason, "no connection to Docker since") || !strings.Contains(reason, socket) {
			t.Errorf("it waits for %q, want the daemon's absence", reason)
		}
	}
	if running, err := n.Running(t.Context(), "u"); running || err == nil {
		t.Errorf("nothing is known, but it says %v, %v", running, err)
	}
	if err := n.Drain(t.Context()); err == nil || !strings.Contains(strings.ToLower(err.Error()), "docker") {
		t.Errorf("got %v, want to be told that containers may be left", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v, though it was told to", err)
	}
}

// authority returns a certificate that could be a cluster's.
func authority(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "/", "//", "/a/..", "relative"} {
		if _, err := New(Config{RootDir: dir}); err == nil {
			t.Errorf("root directory %q is accepted", dir)
		}
	}
}

// Each framework has its own directory on each agent, and no agent id leads out of
// RootDir.
func TestMakeRoot(t *testing.T) {
	t.Parallel()
	n, err := New(Config{RootDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, agent := range []string{"", ".", "..", "../x", "a/b"} {
		if root, err := n.makeRoot(t.Context(), executor.Spec{Agent: agent, Framework: "F"}); err == nil {
			t.Errorf("agent %q has %s", agent, root)
		}
	}
	root, err := n.makeRoot(t.Context(), executor.Spec{Agent: "7d3c-S0", Framework: "F"})
	if err != nil || filepath.Dir(root) != n.cfg.RootDir || !strings.HasPrefix(filepath.Base(root), "7d3c-S0.") {
		t.Fatalf("got %s, %v", root, err)
	}
	other, err := New(n.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if there, err := other.makeRoot(t.Context(), executor.Spec{Agent: "7d3c-S0", Framework: "G"}); err != nil || there == root {
		t.Errorf("another framework's executor has %s, %v", there, err)
	}
	n.lock.release() // as the end of the process does
	if again, err := n.makeRoot(t.Context(), executor.Spec{Agent: "7d3c-S0", Framework: "F"}); err != nil || again != root {
		t.Errorf("the next executor: %s, %v", again, err)
	}
}

// Mounts are removed before directories, so what was mounted from elsewhere keeps its
// files.
func TestRemoveTree(t *testing.T) {
	t.Parallel()
	theirs := filepath.Join(t.TempDir(), "theirs")
	root := filepath.Join(t.TempDir(), "root")
	volume := filepath.Join(root, "pods", "u", "volumes", "a b")
	for _, dir := range []string{theirs, volume} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	precious := filepath.Join(theirs, "precious")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	bind(t, root, root)     // as the kubelet does, to share what is mounted below
	bind(t, theirs, volume) // a volume that is a directory of others
	bind(t, theirs, volume) // twice over
	if err := removeTree(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", root, err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("a file of others is gone: %v", err)
	}
	if err := removeTree(root); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// bind mounts from at to, if this process may; otherwise the test goes on without the
// mount.
func bind(t *testing.T, from, to string) {
	t.Helper()
	err := unix.Mount(from, to, "", unix.MS_BIND, "")
	if err != nil && os.Geteuid() == 0 && !strings.Contains(err.Error(), "not permitted") {
		t.Fatal(err)
	}
	if err == nil {
		t.Cleanup(func() { _ = unix.Unmount(to, unix.MNT_DETACH) })
	}
}

// A node that was drained while it was starting does not start its kubelet.
func TestDrainBeforeTheKubelet(t *testing.T) {
	t.Parallel()
	n := &Node{}
	if err := n.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.setKubelet(new(kubelet.Kubelet)) || n.kubelet != nil {
		t.Error("a kubelet comes up on a drained node")
	}
}

// ups counts the reports that a node is up.
type ups struct {
	executor.Observer
	n int
}

func (u *ups) Up() { u.n++ }

// A node is reported to be up when it is ready, and not before: the framework binds pods
// then, which cannot be undone.
func TestReportUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var u ups
		ready := make(chan struct{})
		go reportUp(t.Context(), ready, &u)
		synctest.Wait()
		if u.n != 0 {
			t.Error("it is up before it is ready")
		}
		close(ready)
		synctest.Wait()
		if u.n != 1 {
			t.Errorf("it is ready, and reported %d times", u.n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		reportUp(ctx, make(chan struct{}), &u)
		if u.n != 1 {
			t.Error("it is up although it has ended")
		}
	})
}
