package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// While a pod asks a service whose pods are on two other hosts, a hundred times a second,
// each on a new connection, one thing after another fails on any of the hosts.
func TestFaultHosts(t *testing.T) {
	s := newHostStage(t)
	client := s.start("client", near)
	service := s.service("web", func(spec *v1.ServiceSpec) { spec.Selector = map[string]string{"serves": "web"} })
	for i, name := range []string{"web-near", "web-far"} {
		pod := s.script(serving, s.at(nearToo+i))
		pod.Name, pod.Labels = name, map[string]string{"serves": "web"}
		pod.Spec.RestartPolicy = v1.RestartPolicyAlways
		create(t, s.Cluster, pod)
	}
	for i, name := range []string{"web-near", "web-far"} {
		awaitPhase(t, s.Cluster, name, v1.PodRunning)
		s.member(name, nearToo+i).Echo(port)
	}
	f := &hostFaults{hostStage: s, client: client, service: net.JoinHostPort(service.Spec.ClusterIP, fmt.Sprint(port))}
	s.expect("the service", "yes", func() string { return client.Reaches("tcp", f.service) })

	f.strikes(t, "ExecutorKilled", "an executor of three hosts is killed", func(round int) {
		agent := round % 3
		old := s.executor(agent)
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.Process().Await(soon, "another executor", func() bool { now := s.executor(agent); return now != 0 && now != old && s.up(agent) })
	})
	f.strikes(t, "DockerKilled", "dockerd with live-restore of three hosts is killed", func(round int) {
		docker := s.agents[round%3].Docker
		docker.Kill()
		docker.Start()
		s.Process().Await(soon, "a node that is ready", func() bool { return s.up(round % 3) })
	})
	down := 3 * time.Second
	if long {
		down = 30 * time.Second
	}
	f.strikes(t, "FrameworkRunnerDown", fmt.Sprintf("framework_runner is down for %v", down), func(int) {
		s.Kill()
		<-time.After(down) // the fault itself
		s.Restart()
		s.Process().Await(soon, "nodes that are ready", func() bool { return s.up(near) && s.up(nearToo) && s.up(far) })
	})
}

// hostFaults are faults while a pod asks a service.
type hostFaults struct {
	*hostStage
	client  member
	service string
	asked   atomic.Int64 // requests
}

// strikes has a fault strike as often as faults do, in a test of that name, and expects that
// no request is lost.
func (f *hostFaults) strikes(t *testing.T, name, fault string, strike func(round int)) {
	t.Run(name, func(t *testing.T) {
		p := promised(t, fault, "of a hundred requests a second of a pod to a service on other hosts none is lost")
		began, before := time.Now(), f.asked.Load()
		ended := f.ask(t)
		n := rounds(t)
		for round := range n {
			strike(round)
			now := f.asked.Load() // what follows from the fault may come a little later
			f.Process().Await(soon, "requests", func() bool { return f.asked.Load() > now+200 })
		}
		lost, slowest := ended()
		asked := f.asked.Load() - before
		p.measure("%d times in %v: %d requests, %d lost, the slowest took %v", n, since(began), asked, len(lost), slowest.Round(time.Millisecond))
		if len(lost) > 0 {
			t.Errorf("%s: of %d requests are lost: %q", fault, asked, lost)
		}
	})
}

// ask has the client ask the service until the result is called, which tells why some
// requests had no answer, and the longest time to an answer.
func (f *hostFaults) ask(t *testing.T) func() ([]string, time.Duration) {
	t.Helper()
	const each = 10 // workers, ten requests a second
	var mu sync.Mutex
	var lost []string
	var slowest time.Duration
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range each {
		from := netnstest.Of(t, f.client.Path)
		all.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				began := time.Now()
				err := exchange(from, f.service)
				mu.Lock()
				f.asked.Add(1)
				if err != nil {
					lost = append(lost, fmt.Sprint(began.Format("05.000"), " ", err))
				}
				slowest = max(slowest, time.Since(began))
				mu.Unlock()
				<-tick.C
			}
		})
	}
	return func() ([]string, time.Duration) {
		stop()
		all.Wait()
		return lost, slowest
	}
}

// exchange asks a server of Echo on a new connection.
func exchange(from *netnstest.Namespace, address string) error {
	var conn net.Conn
	var err error
	from.Do(func() { conn, err = net.DialTimeout("tcp", address, 5*time.Second) })
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err = conn.Write([]byte{1}); err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	return err
}

// executor returns the process of the executor on an agent's host, 0 if there is none.
func (s *hostStage) executor(agent int) int {
	here, err := os.Readlink(s.agents[agent].Namespaces() + "/net")
	if err != nil {
		s.t.Fatal(err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		name, _ := os.ReadFile("/proc/" + e.Name() + "/comm")
		ns, _ := os.Readlink("/proc/" + e.Name() + "/ns/net")
		if pid, err := strconv.Atoi(e.Name()); err == nil && string(name) == "executor_runner\n" && ns == here {
			return pid
		}
	}
	return 0
}

// up reports whether the executor of an agent works.
func (s *hostStage) up(agent int) bool {
	node, err := s.Client.CoreV1().Nodes().Get(context.Background(), s.nodes[agent], metav1.GetOptions{})
	return err == nil && nodeReady(node)
}
