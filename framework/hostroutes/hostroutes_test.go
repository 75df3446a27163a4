package hostroutes

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"golang.org/x/sys/unix"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/noderoutes"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

func TestMain(m *testing.M) { os.Exit(netnstest.Main(m)) }

// node is the Node of a neighbour.
func node() *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}, Spec: v1.NodeSpec{PodCIDRs: []string{"10.244.3.0/24"}},
		Status: v1.NodeStatus{Addresses: []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "192.168.7.3"}}}}
}

func config(t *testing.T, cluster string) Config {
	return Config{Locks: t.TempDir(), Log: logr.Discard(), Routes: noderoutes.Config{
		Mode: noderoutes.Auto, Node: netip.MustParseAddr("192.168.7.1"), Cluster: []netip.Prefix{netip.MustParsePrefix(cluster)}, VNI: 5, Port: 8475}}
}

// While framework_runner runs, its host has routes to the nodes' pods; afterwards it is as
// before, unless an executor of the host needs them still.
func TestRun(t *testing.T) {
	host, neighbour := netnstest.Host(t), netnstest.New(t)
	netnstest.Wire(host, neighbour, "wire", "192.168.7.1/24", "192.168.7.3/24")
	before := host.State()
	for _, shared := range []bool{false, true} {
		cfg := config(t, "10.244.0.0/16")
		r, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx, fake.NewClientset(node())) }()
		for end := time.Now().Add(10 * time.Second); !strings.Contains(host.State(), "10.244.3.0/24 via 192.168.7.3 dev wire proto 207"); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(host.State())
			}
		}
		if shared {
			locks, err := hostlock.Open(cfg.Locks)
			if err != nil {
				t.Fatal(err)
			}
			executor, err := locks.Join(t.Context(), hostlock.Members)
			if err != nil {
				t.Fatal(err)
			}
			defer executor.Release()
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if after := host.State(); (after == before) == shared {
			t.Errorf("an executor works on: %v; afterwards:\n%s", shared, after)
		}
	}
}

// A host that cannot join says what does not work, and why, and framework_runner goes on.
func TestCannotJoin(t *testing.T) {
	for says, cluster := range map[string]string{"overlaps the cluster's range": "127.0.0.0/16", "/proc": "10.244.0.0/16"} {
		var log bytes.Buffer
		cfg := config(t, cluster)
		cfg.Log = funcr.New(func(_, args string) { log.WriteString(args) }, funcr.Options{})
		if cluster == "10.244.0.0/16" {
			cfg.Locks = "/proc/none"
		}
		r, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		err = r.Run(ctx, fake.NewClientset())
		stop()
		if err != nil || !strings.Contains(log.String(), says) || !strings.Contains(log.String(), "does not join the network of pods") {
			t.Errorf("%v; log: %s", err, &log)
		}
	}
}

// Without the right to set routes the error says what gives it.
func TestMayRoute(t *testing.T) {
	if err := mayRoute(); err != nil {
		t.Error(err)
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // for good, as the thread has fewer rights
		header, data := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, [2]unix.CapUserData{}
		result <- errors.Join(unix.Capset(&header, &data[0]), mayRoute())
	}()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "CAP_NET_ADMIN") {
		t.Errorf("got %v", err)
	}
}
