package main

import (
	"errors"
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

func parse(args ...string) (*options, error) {
	f := flag.NewFlagSet("executor_runner", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	o := register(f)
	return o, f.Parse(args)
}

// Each flag sets its part of the node's configuration and nothing else; the rest comes from
// the agent.
func TestFlags(t *testing.T) {
	t.Parallel()
	agent := mesos.ExecutorConfig{Endpoint: "10.0.0.1:5051", Directory: "/sandbox"}
	plain := node.Config{RootDir: "/var/lib/kubernetes-mesos", Endpoint: "10.0.0.1:5051", Sandbox: "/sandbox", MaxPods: taskdata.DefaultMaxPods, Contain: true, Locks: "/run/kubernetes-mesos"}
	for arg, change := range map[string]func(*node.Config){
		"none":                       nil,
		"-docker_endpoint=tcp://h:1": func(c *node.Config) { c.Docker = "tcp://h:1" },
		"-root_dir=/r":               func(c *node.Config) { c.RootDir = "/r" },
		"-node_address=10.1.0.0/16":  func(c *node.Config) { c.Address = "10.1.0.0/16" },
		"-lock_dir=/l":               func(c *node.Config) { c.Locks = "/l" },
		"-resolv_conf=/x":            func(c *node.Config) { c.Resolvers = "/x" },
		"-max_pods=7":                func(c *node.Config) { c.MaxPods = 7 },
		"-container_pids_limit=-1":   func(c *node.Config) { c.PidsLimit = -1 },
		"-resize_cpus=0.2":           func(c *node.Config) { c.ResizeCPUs = 0.2 },
		"-resize_mem=128":            func(c *node.Config) { c.ResizeMem = 128 },
		"-contain_pods=false":        func(c *node.Config) { c.Contain = false },
		upgrade.CheckFlag:            func(*node.Config) {},
	} {
		want, args := plain, []string{arg}
		if change == nil {
			args = nil
		} else {
			change(&want)
		}
		o, err := parse(args...)
		if err != nil {
			t.Errorf("%s: %v", arg, err)
			continue
		}
		if got := o.node(agent); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", arg, got, want)
		}
		if o.check != (arg == upgrade.CheckFlag) {
			t.Errorf("%s: check is %v", arg, o.check)
		}
	}
	for _, own := range []string{"v", "logtostderr", "root_dir"} {
		if f, _ := flagSet(); f.Lookup(own) == nil {
			t.Errorf("there is no flag -%s", own)
		}
	}
	if f, _ := flagSet(); f.Lookup("conf") != nil {
		t.Error("a flag of CoreDNS is among the program's")
	}
	for _, bad := range []string{"-max_pods=many", "-contain_pods=maybe", "-container_pids_limit=1.5", "-no_such_flag"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// An error about a setting names the flag, and stays what it is; any other is unchanged.
func TestErrorsNameTheFlag(t *testing.T) {
	t.Parallel()
	for flag, cfg := range map[string]node.Config{
		"(-root_dir)":     {RootDir: "relative"},
		"(-node_address)": {RootDir: t.TempDir(), Address: "10.1.0.0/33"},
	} {
		_, err := node.New(cfg)
		var bad *node.ConfigError
		if named := withFlag(err); named == nil || !strings.HasSuffix(named.Error(), flag) || !errors.As(named, &bad) {
			t.Errorf("%+v: got %v, want it to end with %s", cfg, named, flag)
		}
	}
	other := errors.New("no Docker")
	if withFlag(other) != other || withFlag(nil) != nil {
		t.Error("an error that is about no setting has changed")
	}
}

// What the framework is told of a node that cannot come up names the flag.
func TestRunNamesTheFlag(t *testing.T) {
	t.Parallel()
	n, err := node.New(node.Config{RootDir: "/" + strings.Repeat("deep/", 20)})
	if err != nil {
		t.Fatal(err)
	}
	err = runner{n}.Run(t.Context(), executor.Spec{Name: "n", Framework: "F", Agent: "S0"}, nil)
	if err == nil || !strings.Contains(err.Error(), "choose a shorter directory") || !strings.HasSuffix(err.Error(), "(-root_dir)") {
		t.Errorf("got %v", err)
	}
}
