// Package cluster gives a test a running cluster: framework_runner as a user
// starts it, a process of its own with real sockets, real executors and the
// real Docker. Tests speak to it from outside only.
package cluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Config configures framework_runner. The zero value is a local Mesos with one agent,
// everything on free ports and in its own directory.
type Config struct {
	Master  string   // -mesos_master; default local
	DataDir string   // -data_dir; default a temporary directory
	Args    []string // further flags
	Program string   // the framework_runner; default the one that build.sh builds
	On      Host     // where it runs; default this machine
}

// Host is a machine that is not this one, such as network namespaces.
type Host interface {
	// Command returns a command that runs there.
	Command(name string, args ...string) *exec.Cmd
	// Dial connects to an address as programs there do.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Cluster is a running framework_runner.
type Cluster struct {
	DataDir   string
	Port      int
	Program   string // what Restart starts; framework_runner as built by build.sh
	MesosAddr string // of the in-process Mesos, if it runs on that
	Ready     time.Duration

	// Client is a client of the current API at the local port.
	Client kubernetes.Interface

	t       testing.TB
	on      Host
	http    *http.Client
	args    []string
	secure  int // port
	process *Process
}

// Start starts framework_runner, waits until it serves, and stops it at the end of
// the test.
func Start(t testing.TB, cfg Config) *Cluster {
	t.Helper()
	c := &Cluster{t: t, on: cfg.On, http: http.DefaultClient, DataDir: cfg.DataDir, Port: FreePort(t), secure: FreePort(t), Program: cfg.Program, MesosAddr: fmt.Sprintf("127.0.0.1:%d", FreePort(t))}
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	if c.Program == "" {
		c.Program = Binary("framework_runner")
	}
	if cfg.Master == "" {
		cfg.Master = "local"
	}
	c.args = append([]string{
		"-mesos_master=" + cfg.Master,
		"-local_address=" + c.MesosAddr,
		"-data_dir=" + c.DataDir,
		"-port=" + strconv.Itoa(c.Port),
		"-secure_port=" + strconv.Itoa(c.secure),
	}, slices.Concat(Login(t), cfg.Args)...)
	rest := &rest.Config{Host: c.URL(), QPS: -1}
	if c.on != nil {
		rest.Dial = c.on.Dial
		c.http = &http.Client{Transport: &http.Transport{DialContext: c.on.Dial}}
	}
	client, err := kubernetes.NewForConfig(rest)
	if err != nil {
		t.Fatal(err)
	}
	c.Client = client
	c.Restart()
	t.Cleanup(func() { c.Stop() })
	return c
}

// Restart starts Program again, with the same flags, after Stop or Kill.
func (c *Cluster) Restart() {
	c.t.Helper()
	began := time.Now()
	c.process = RunOn(c.t, c.on, c.Program, c.args...)
	c.process.Await(3*time.Minute, "the API server", func() bool {
		resp, err := c.http.Get(c.URL() + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	c.Ready = time.Since(began)
}

// Command starts Program with the flags of Restart and these, for uses other than a
// serving cluster.
func (c *Cluster) Command(args ...string) *Process {
	c.t.Helper()
	return RunOn(c.t, c.on, c.Program, append(slices.Clone(c.args), args...)...)
}

// Stop asks framework_runner to end, as Ctrl-C does, and waits for it.
func (c *Cluster) Stop() { c.process.Stop() }

// Kill ends framework_runner as a crash would.
func (c *Cluster) Kill() { c.process.Kill() }

// Process returns the framework_runner that runs now.
func (c *Cluster) Process() *Process { return c.process }

// Secure returns the URL of the secure port.
func (c *Cluster) Secure() string { return fmt.Sprintf("https://127.0.0.1:%d", c.secure) }

// URL returns the URL of the local port.
func (c *Cluster) URL() string { return fmt.Sprintf("http://127.0.0.1:%d", c.Port) }

// Do sends a request without a Content-Type to the local port, and returns status and
// body.
func (c *Cluster) Do(method, path string, body []byte) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.URL()+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, answer
}

// Binary returns the path of one of our two programs, as built by build.sh.
func Binary(program string) string { return filepath.Join(Root(), program, program) }

// Root returns the repository's root directory, from the folder of any of our tests.
func Root() string {
	dir, err := os.Getwd()
	for err == nil && dir != "/" {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	panic("the test does not run inside the repository")
}

// Build runs build.sh, which takes a second or two if everything is up to date.
func Build() error {
	cmd := exec.Command("./build.sh")
	cmd.Dir = Root()
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// FreePort returns a loopback TCP port that is not in use now. Its range is below the
// ephemeral one, so no outgoing connection takes it.
func FreePort(t testing.TB) int {
	t.Helper()
	ports.Lock()
	defer ports.Unlock()
	for range 1000 {
		ports.next++
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", ports.next)); err == nil {
			l.Close()
			return ports.next
		}
	}
	t.Fatal("no free port")
	return 0
}

var ports = struct {
	sync.Mutex
	next int
}{next: 20000 + os.Getpid()%5000}
