package app

import (
	"flag"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each flag sets an option of its own, which has its name, and no other.
func TestEachFlagSetsItsOption(t *testing.T) {
	t.Parallel()
	renamed := map[string]string{
		"pod_order": "scheduling.podOrder", "agent_choice": "scheduling.agentChoice", "scheduler_config": "scheduling.schedulerConfig",
		"record_scheduling": "recording.record", "replay": "recording.replay",
		"service_node_port_range":        "serviceNodePorts",
		"mesos_authentication_principal": "principal", "mesos_authentication_secret_file": "secretFile",
		"mesos_ca_file": "mesosTLS.CA", "mesos_cert_file": "mesosTLS.Cert", "mesos_key_file": "mesosTLS.Key",
		"mesos_tls_rsa_key_exchange": "mesosTLS.RSAKeyExchange",
	}
	var defaults options
	all := flagSet(&defaults)
	set := map[string]string{} // option to flag
	all.VisitAll(func(f *flag.Flag) {
		if slices.Contains(glogFlags, f.Name) {
			return
		}
		var o options
		fs := flagSet(&o)
		if err := fs.Parse([]string{"-" + f.Name + "=" + another(f)}); err != nil {
			t.Fatal(err)
		}
		changed := differences("", reflect.ValueOf(defaults), reflect.ValueOf(o))
		want := renamed[f.Name]
		if want == "" {
			want = strings.ReplaceAll(f.Name, "_", "")
		}
		if len(changed) != 1 || !strings.EqualFold(changed[0], want) {
			t.Errorf("-%s changes the options %q, want %s", f.Name, changed, want)
		}
		for _, option := range changed {
			if other := set[option]; other != "" {
				t.Errorf("-%s and -%s change the same option %s", f.Name, other, option)
			}
			set[option] = f.Name
		}
	})
	if len(set) < 50 {
		t.Errorf("only %d options are set by flags", len(set))
	}
}

// another returns a value of a flag that is not its default.
func another(f *flag.Flag) string {
	switch v := f.Value.(flag.Getter).Get().(type) {
	case bool:
		return fmt.Sprint(!v)
	case int:
		return fmt.Sprint(v + 1)
	case int64:
		return fmt.Sprint(v + 1)
	case float64:
		return fmt.Sprint(v + 1)
	case string:
		return v + "x"
	default: // a duration
		return "17s"
	}
}

// differences returns the names of the fields in which two values differ.
func differences(name string, a, b reflect.Value) []string {
	if a.Kind() != reflect.Struct {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			return []string{strings.TrimPrefix(name, ".")}
		}
		return nil
	}
	var found []string
	for i := range a.NumField() {
		found = append(found, differences(name+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
	}
	return found
}

// The help of each flag names the placeholder of its value, and describes the flag in a
// phrase that is not a sentence.
func TestHelpOfEachFlag(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile("`[^`]+`")
	flagSet(new(options)).VisitAll(func(f *flag.Flag) {
		if slices.Contains(glogFlags, f.Name) {
			return
		}
		if b, is := f.Value.(interface{ IsBoolFlag() bool }); (!is || !b.IsBoolFlag()) && len(placeholder.FindAllString(f.Usage, -1)) != 1 {
			t.Errorf("-%s has no placeholder, or several: %s", f.Name, f.Usage)
		}
		if strings.HasSuffix(f.Usage, ".") || strings.Contains(f.Usage, "  ") {
			t.Errorf("-%s: %q", f.Name, f.Usage)
		}
	})
}

// What the defaults promise to users of the first version, and of the documents.
func TestDefaults(t *testing.T) {
	t.Parallel()
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		option    string
		got, want any
	}{
		{"master", o.master, master{kind: masterLocal, agents: 1}},
		{"local address", o.localAddress, "127.0.0.1:5050"},
		{"address", o.address, "127.0.0.1"},
		{"port", o.port, 8080},
		{"secure port", o.securePort, 6443},
		{"advertised address, which pods reach", o.advertiseAddress, ""},
		{"network of pods", o.podNetwork, "routed"},
		{"range of pods", o.clusterCIDR, "10.244.0.0/16"},
		{"directory of locks, as executors have it", o.lockDir, "/run/kubernetes-mesos"},
		{"prefix of the API", o.apiPrefix, "/api"},
		{"data directory", o.dataDir, "/var/lib/kubernetes-mesos/framework"},
		{"name", o.frameworkName, "kubernetes"},
		{"role", o.frameworkRole, "*"},
		{"user", o.frameworkUser, "root"},
		{"failover timeout", o.failoverTimeout.String(), "168h0m0s"},
		{"idle timeout", o.executorIdleTimeout.String(), "10m0s"},
		{"controllers", o.controllers, "*"},
		{"privileged containers", o.allowPrivileged, false},
		{"contained pods", o.containPods, true},
	} {
		if !reflect.DeepEqual(row.got, row.want) {
			t.Errorf("%s: %v, want %v", row.option, row.got, row.want)
		}
	}
}
