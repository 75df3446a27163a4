package controlplane

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// process is a control plane in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
	local  string // host:port
	server string // URL of the secure port
	client kubernetes.Interface
}

// childConfig is a Config as it is passed to a child.
type childConfig struct {
	Config
	Door string `json:",omitempty"` // hides the one of Config
}

// startChild starts cfg, on free ports, and waits until it is ready.
func startChild(t *testing.T, cfg Config) *process {
	t.Helper()
	cfg.LocalAddress, cfg.SecureAddress = "127.0.0.1:0", "127.0.0.1:0"
	p := &process{t: t, cmd: childCommand(t, cfg)}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) != 3 || fields[0] != "ready" {
		p.cmd.Wait()
		t.Fatalf("the child said %q: %v\n%s", line, err, p.tail())
	}
	p.server, p.local = fields[1], fields[2]
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(cfg.DataDir, "admin.kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != fields[1] {
		t.Errorf("admin.kubeconfig is for %s, the server is %s", config.Host, fields[1])
	}
	if p.client, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	return p
}

func childCommand(t *testing.T, cfg Config) *exec.Cmd {
	t.Helper()
	cfg.Door = nil // a function cannot be passed
	config, err := json.Marshal(childConfig{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(config))
	return cmd
}

// end tells the child to stop, and checks that it does so cleanly and in time.
func (p *process) end() {
	p.t.Helper()
	start := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the child ended with %v\n%s", err, p.tail())
	}
	if took := time.Since(start); took > 40*time.Second { // a watch that blocked it would do so for a minute
		p.t.Errorf("it took %v to stop, want 40s at most", took)
	}
}

// kill ends the child like a crash.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Wait() // its error says that it was killed
}

// tail returns the end of what the child logged.
func (p *process) tail() string {
	b := p.stderr.Bytes()
	return string(b[max(0, len(b)-4000):])
}
