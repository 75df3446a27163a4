package cninetwork

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/podnetwork"
)

// scripted is a network whose only plugin is a shell script.
type scripted struct {
	*Network
	t   *testing.T
	cfg Config
}

const good = `echo '{"cniVersion":"1.0.0","interfaces":[{"name":"host0"},{"name":"eth0","sandbox":"/x"}],"ips":[{"address":"192.0.2.1/24","interface":0},{"address":"10.88.1.7/24","interface":1},{"address":"fd00::7/64","interface":1}]}'`

func newScripted(t *testing.T, script string) *scripted {
	t.Helper()
	s := &scripted{t: t, cfg: Config{BinDirs: []string{t.TempDir()}, ConfDir: t.TempDir(), Dir: t.TempDir(), Time: 10 * time.Second}}
	s.conf("50-x.conf", `{"cniVersion":"1.0.0","name":"net","type":"plug","capabilities":{"portMappings":true,"bandwidth":true,"ipRanges":true,"dns":true}}`)
	s.plugin(script)
	var err error
	if s.Network, err = New(s.cfg); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scripted) conf(file, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.cfg.ConfDir, file), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scripted) plugin(script string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.cfg.BinDirs[0], "plug"), []byte("#!/bin/sh\ncd "+s.cfg.Dir+"\n"+script), 0o700); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scripted) says(file string) string {
	text, err := os.ReadFile(filepath.Join(s.cfg.Dir, file))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

func php() podnetwork.Pod {
	return podnetwork.Pod{Name: "default/php", Sandbox: "s1", Netns: "/proc/self/ns/net", UID: "u1"}
}

// A plugin learns of the pod what it learns from other runtimes of Kubernetes, and what it
// asks for. The executor's secrets stay with it.
func TestWhatPluginsLearn(t *testing.T) {
	t.Setenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "secret")
	s := newScripted(t, `env >$CNI_COMMAND.env; cat >$CNI_COMMAND.conf; `+good)
	s.SetRanges([]netip.Prefix{netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:1::/64")})
	p := php()
	p.Ports = []podnetwork.Port{{Protocol: "tcp", HostPort: 31080, PodPort: 80}, {Protocol: "udp", HostIP: netip.MustParseAddr("192.0.2.7"), HostPort: 53, PodPort: 53}}
	p.Annotations = map[string]string{"kubernetes.io/ingress-bandwidth": "1M", "kubernetes.io/egress-bandwidth": "much"}
	p.DNS = podnetwork.DNS{Servers: []string{"10.0.0.10"}, Searches: []string{"cluster.local"}}
	if err := s.Attach(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Addresses("s1")); got != "[10.88.1.7 fd00::7]" {
		t.Errorf("addresses %s", got)
	}
	env := s.says("ADD.env")
	for _, want := range []string{
		"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=php;K8S_POD_INFRA_CONTAINER_ID=s1;K8S_POD_UID=u1\n",
		"CNI_IFNAME=eth0\n", "CNI_CONTAINERID=s1\n", "CNI_NETNS=/proc/self/ns/net\n", "PATH=",
	} {
		if !strings.Contains(env+"\n", want) {
			t.Errorf("no %s in\n%s", want, env)
		}
	}
	if strings.Contains(env, "secret") {
		t.Error("the plugin has the executor's secret")
	}
	var conf struct{ RuntimeConfig map[string]any }
	if err := json.Unmarshal([]byte(s.says("ADD.conf")), &conf); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"portMappings": "[map[containerPort:80 hostPort:31080 protocol:tcp] map[containerPort:53 hostIP:192.0.2.7 hostPort:53 protocol:udp]]",
		"bandwidth":    "map[ingressBurst:2.147483647e+09 ingressRate:1e+06]",
		"ipRanges":     "[[map[subnet:10.244.1.0/24]] [map[subnet:fd00:1::/64]]]",
		"dns":          "map[options:<nil> searches:[cluster.local] servers:[10.0.0.10]]",
	} {
		if got := fmt.Sprint(conf.RuntimeConfig[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if len(conf.RuntimeConfig) != 4 {
		t.Errorf("it has not asked for all of %v", conf.RuntimeConfig)
	}
	if err := s.Detach(t.Context(), "s1"); err != nil || !strings.Contains(s.says("DEL.conf"), `"prevResult"`) || len(s.Addresses("s1")) > 0 {
		t.Errorf("detached: %v; %s", err, s.says("DEL.conf"))
	}
}

// What goes wrong with a plugin names it and the reason, and the pod is detached.
func TestBadPlugins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, script, says string }{
		{"its own reason", `echo '{"code":11,"msg":"no cable","details":"in rack 7"}'; exit 1`, "CNI plugin plug: no cable; in rack 7"},
		{"no reason", `echo oops; echo why >&2; exit 3`, `CNI plugin plug failed (exit status 3) without a reason in JSON: it printed "oops\n", and to stderr "why\n"`},
		{"garbage", `printf 'hello\0\033[31m'`, `CNI plugin plug printed "hello\x00\x1b[31m" instead of a result`},
		{"nothing", ``, `CNI plugin plug printed "" instead of a result`},
		{"null", `echo null`, "gave the pod no address"},
		{"huge", `yes`, "printed more than 1048576 bytes"},
		{"huge reason", `printf '{"code":1,"msg":"'; yes no | head -5000 | tr -d '\n'; echo '"}'; exit 1`, "CNI plugin plug: nononono"},
		{"much to stderr", `yes | head -c 3000000 >&2; exit 1`, `to stderr "y\ny\n`},
		{"no address", `echo '{"cniVersion":"1.0.0"}'`, "name a plugin for addresses (ipam)"},
		{"loopback", `echo '{"cniVersion":"1.0.0","ips":[{"address":"127.0.0.1/8"}]}'`, "gave the pod the address 127.0.0.1"},
		{"no such interface", `echo '{"cniVersion":"1.0.0","interfaces":[null],"ips":[{"address":"10.0.0.1/8","interface":0}]}'`, "belongs to interface 0, and name 1 interfaces"},
		{"unknown version", `echo '{"cniVersion":"77.0.0","ips":[]}'`, "77.0.0"},
		{"killed", `kill -9 $$`, "signal: killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScripted(t, `if [ $CNI_COMMAND = DEL ]; then echo >deleted; exit; fi; `+c.script)
			err := s.Attach(t.Context(), php())
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "pod default/php") || len(err.Error()) > 1500 {
				t.Errorf("got %v, want %s", err, c.says)
			}
			if s.says("deleted") != "" {
				t.Error("the pod was not detached")
			}
			if _, known := s.record("s1"); known || len(s.Addresses("s1")) > 0 {
				t.Error("the pod is remembered")
			}
		})
	}
}

// A plugin that hangs is ended with what it has started.
func TestPluginHangs(t *testing.T) {
	t.Parallel()
	s := newScripted(t, `[ $CNI_COMMAND = DEL ] && exit; sleep 1000 & echo $! >child; wait`)
	s.Network.cfg.Time = 300 * time.Millisecond
	began := time.Now()
	err := s.Attach(t.Context(), php())
	if err == nil || !strings.Contains(err.Error(), "CNI plugin plug was killed after") || time.Since(began) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
	if stat, err := os.ReadFile("/proc/" + s.says("child") + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ") {
		t.Errorf("what the plugin started still runs: %s", stat)
	}
}

// A pod that cannot be detached is remembered, by the next process as well, and detached
// when it can be.
func TestDetachIsRepeated(t *testing.T) {
	t.Parallel()
	s := newScripted(t, good)
	if err := s.Attach(t.Context(), php()); err != nil {
		t.Fatal(err)
	}
	s.plugin(`echo '{"code":7,"msg":"out of order"}'; exit 1`)
	if err := s.Detach(t.Context(), "s1"); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("got %v", err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "detaching pod default/php") {
		t.Errorf("run: %v", err)
	}
	var err error
	if s.Network, err = New(s.cfg); err != nil {
		t.Fatal(err)
	}
	s.Keep(nil)
	reported := make(chan error, 10)
	s.Network.cfg.Report = func(err error) { reported <- err }
	s.plugin(`touch again`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case err = <-reported:
	case <-ctx.Done():
		t.Error("nothing was reported")
	}
	cancel()
	if err := errors.Join(err, <-ended); err != nil || s.says("again") != "" {
		t.Errorf("%v; %s", err, s.says("again"))
	}
}

// The configuration is that of now; what is wrong with it, or missing, is the reason why the
// node's network is not ready.
func TestReady(t *testing.T) {
	t.Parallel()
	s := newScripted(t, `[ $CNI_COMMAND = STATUS ] && { cat status; exit 1; }; `+good)
	is := func(says string) {
		t.Helper()
		err := s.Ready(t.Context())
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
	is("")
	s.conf("10-first.json", `{`)
	is("10-first.json: error parsing configuration")
	s.conf("10-first.json", `{"cniVersion":"1.0.0","name":"a","type":"nowhere"}`)
	is(`CNI plugin "nowhere" is not in ` + s.cfg.BinDirs[0] + ` of this machine: install it there`)
	s.conf("10-first.json", `{"cniVersion":"1.0.0","name":"a","type":"plug","ipam":{"type":"nowhere"}}`)
	is(`CNI plugin "nowhere"`)
	s.conf("05-list.conflist", `{"cniVersion":"1.0.0","name":"b","plugins":[]}`)
	is("05-list.conflist: error parsing configuration list: no plugins in list")
	s.conf("05-list.conflist", `{"cniVersion":"1.1.0","name":"b","plugins":[{"type":"plug"}]}`)
	if err := os.WriteFile(filepath.Join(s.cfg.Dir, "status"), []byte(`{"code":50,"msg":"the daemon does not run"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	is("CNI network b: CNI plugin plug: the daemon does not run")
	s.conf("04-huge.conf", strings.Repeat(" ", maxConf+1))
	is("no file of at most")
	if err := os.Remove(filepath.Join(s.cfg.ConfDir, "04-huge.conf")); err != nil {
		t.Fatal(err)
	}
	s.Network.cfg.Network = "net"
	is("")
	s.Network.cfg.Network = "other"
	is("configures the CNI network other")
	s.Network.cfg.ConfDir = filepath.Join(t.TempDir(), "none")
	is("configures the CNI network other")
	s.Network.cfg.Network = ""
	is("no configuration of CNI in")
	if err := s.Attach(t.Context(), php()); err == nil || !strings.Contains(err.Error(), "no configuration") {
		t.Errorf("attach: %v", err)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{Dir: "here"}); err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Errorf("a relative directory: %v", err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, podsDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordPath(dir, "s1"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{Dir: dir, Log: testr.New(t)})
	if err != nil || len(n.pods) != 0 {
		t.Errorf("a damaged file: %v, %v", n.pods, err)
	}
	if _, err := os.Stat(recordPath(dir, "s1")); err != nil {
		t.Errorf("a damaged file is not left for a person: %v", err)
	}
}
