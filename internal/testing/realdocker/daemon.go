package realdocker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Daemon is a test's own Docker daemon, which may be stopped, killed and started again
// while others keep using the machine's.
type Daemon struct {
	t          testing.TB
	dir        string // holds all its files; a short path, as they include sockets
	bridge     string
	host       func(name string, args ...string) *exec.Cmd // a command on the daemon's host
	args       []string
	process    *exec.Cmd
	ended      chan struct{}
	containerd *exec.Cmd
	log        *os.File
}

// NewDaemon starts a daemon with further arguments, such as --live-restore. The daemon
// and all that it has made are removed when the test ends.
func NewDaemon(t testing.TB, args ...string) *Daemon {
	t.Helper()
	d := newDaemon(t, exec.Command)
	d.makeBridge()
	// There is one set of Docker's iptables chains per machine, and it belongs to the
	// machine's daemon: this one leaves it alone.
	d.args = append(d.args, "--bridge="+d.bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false")
	d.begin(args)
	return d
}

// NewDaemonOn starts the daemon of another host, on which host returns a command. It has
// the usual socket, the bridge and the firewall there to itself.
func NewDaemonOn(t testing.TB, host func(name string, args ...string) *exec.Cmd, args ...string) *Daemon {
	t.Helper()
	d := newDaemon(t, host)
	d.args = append(d.args, "--host=unix:///var/run/docker.sock")
	d.begin(args)
	return d
}

func newDaemon(t testing.TB, host func(name string, args ...string) *exec.Cmd) *Daemon {
	t.Helper()
	Need(t)
	if os.Getuid() != 0 {
		Absent(t, "a Docker daemon of the test's own takes root")
	}
	dir, err := os.MkdirTemp("/tmp", "dockerd")
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{t: t, dir: dir, host: host}
	t.Cleanup(d.remove)
	if d.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	d.args = []string{
		"--host=" + d.Endpoint(), "--data-root=" + filepath.Join(dir, "data"), "--exec-root=" + filepath.Join(dir, "exec"),
		"--pidfile=" + filepath.Join(dir, "pid"), "--containerd=" + filepath.Join(dir, "exec", "c.sock"),
	}
	return d
}

// begin starts the daemon for the first time, with further arguments.
func (d *Daemon) begin(args []string) {
	d.t.Helper()
	d.args = append(d.args, args...)
	d.startContainerd()
	d.Start()
}

// makeBridge makes a bridge with a network that nothing else on this machine uses.
func (d *Daemon) makeBridge() {
	d.t.Helper()
	name := "km" + strings.TrimPrefix(filepath.Base(d.dir), "dockerd")
	d.bridge = name[:min(len(name), 15)] // as many as Linux allows
	if out, err := exec.Command("ip", "link", "add", d.bridge, "type", "bridge").CombinedOutput(); err != nil {
		d.t.Fatalf("a bridge: %v: %s", err, out)
	}
	for n := range 200 {
		out, err := exec.Command("ip", "route", "show", fmt.Sprintf("10.217.%d.0/24", n)).Output()
		if err != nil || len(bytes.TrimSpace(out)) > 0 {
			continue
		}
		if err := exec.Command("ip", "addr", "add", fmt.Sprintf("10.217.%d.1/24", n), "dev", d.bridge).Run(); err != nil {
			d.t.Fatalf("an address for a bridge: %v", err)
		}
		if err := exec.Command("ip", "link", "set", d.bridge, "up").Run(); err != nil {
			d.t.Fatalf("a bridge: %v", err)
		}
		return
	}
	d.t.Fatal("no network is free for a bridge")
}

// startContainerd starts the daemon below Docker's, as the init system does on servers:
// it and the containers outlive Docker's.
func (d *Daemon) startContainerd() {
	d.t.Helper()
	config := filepath.Join(d.dir, "containerd.toml")
	text := fmt.Sprintf("version = 2\nroot = %q\nstate = %q\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = %q\n",
		filepath.Join(d.dir, "data", "c"), filepath.Join(d.dir, "exec", "c"), filepath.Join(d.dir, "exec", "c.sock"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.containerd = d.host("containerd", "--config", config)
	d.containerd.Stdout, d.containerd.Stderr = d.log, d.log
	if err := d.containerd.Start(); err != nil {
		d.t.Fatalf("containerd: %v", err)
	}
}

// Endpoint returns where the daemon listens.
func (d *Daemon) Endpoint() string { return "unix://" + d.Socket() }

// Socket returns the path of the daemon's socket.
func (d *Daemon) Socket() string { return filepath.Join(d.dir, "sock") }

// daemonTime is how long a daemon may take to start or to stop.
const daemonTime = 60 * time.Second

// Start starts the daemon, after it was stopped or killed, and waits until it
// answers.
func (d *Daemon) Start() {
	d.t.Helper()
	// A daemon that was killed leaves its pid file behind. If another process has that
	// pid by now, Docker would not start.
	_ = os.Remove(filepath.Join(d.dir, "pid"))
	cmd := d.host("dockerd", d.args...)
	cmd.Stdout, cmd.Stderr = d.log, d.log
	if err := cmd.Start(); err != nil {
		d.t.Fatalf("dockerd: %v", err)
	}
	d.process, d.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // tests kill it, so an error is expected
		close(ended)
	}(d.ended)
	ctx, cancel := context.WithTimeout(context.Background(), daemonTime)
	defer cancel()
	for {
		if _, err := docker(ctx, nil, "--host", d.Endpoint(), "version"); err == nil {
			return
		}
		select {
		case <-d.ended:
			d.t.Fatalf("dockerd ended: %s", d.lastWords())
		case <-ctx.Done():
			d.t.Fatalf("dockerd does not answer: %s", d.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the daemon in an orderly way: with --live-restore containers keep running,
// otherwise they end too.
func (d *Daemon) Stop() { d.signal(syscall.SIGTERM) }

// Kill ends the daemon as a crash would. Containers keep running; what happens to them
// when it starts again depends on --live-restore.
func (d *Daemon) Kill() { d.signal(syscall.SIGKILL) }

func (d *Daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if d.process == nil {
		return
	}
	_ = d.process.Process.Signal(s) // it may have ended already
	select {
	case <-d.ended:
	case <-time.After(daemonTime):
		d.t.Errorf("dockerd does not end: %s", d.lastWords())
		_ = d.process.Process.Kill()
		<-d.ended
	}
	d.process = nil
}

// Docker runs the docker command on this daemon and returns its output.
func (d *Daemon) Docker(args ...string) string {
	d.t.Helper()
	return Docker(d.t, append([]string{"--host", d.Endpoint()}, args...)...)
}

// Load copies images from the machine's daemon.
func (d *Daemon) Load(images ...string) {
	d.t.Helper()
	save := exec.Command("docker", append([]string{"save"}, images...)...)
	load := exec.Command("docker", "--host", d.Endpoint(), "load")
	pipe, err := save.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	load.Stdin = pipe
	if err := save.Start(); err != nil {
		d.t.Fatal(err)
	}
	out, err := load.CombinedOutput()
	if saved := save.Wait(); saved != nil || err != nil {
		d.t.Fatalf("copying images %q: %v, %v: %s", images, saved, err, out)
	}
}

func (d *Daemon) lastWords() string {
	text, err := os.ReadFile(d.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-3000):])
}
