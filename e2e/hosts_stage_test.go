package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/hosts"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// hostStage is a cluster on four hosts: framework_runner and Mesos' master on one without
// an agent, agents on its two neighbours, near, and on one behind a router, far.
type hostStage struct {
	*stage
	t      testing.TB
	front  *hosts.Host   // of framework_runner
	agents []*hosts.Host // two near ones and a far one
	nodes  []string      // their names
	mesos  string        // address of the master, on front
	before string        // the network of front before framework_runner ran
}

// Positions in agents and nodes.
const (
	near = iota
	nearToo
	far
)

func newHostStage(t testing.TB, args ...string) *hostStage {
	t.Helper()
	busybox := realdocker.Busybox(t)
	segments := hosts.New(t, 3, 1)
	s := &hostStage{t: t, front: segments[0][0], agents: []*hosts.Host{segments[0][1], segments[0][2], segments[1][0]}}
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var namespaces []string
	for i, h := range s.agents {
		h.StartDocker([]string{busybox}, "--live-restore")
		namespaces = append(namespaces, h.Namespaces())
		s.nodes = append(s.nodes, fmt.Sprintf("%s-%d", hostname, i+1))
	}
	s.mesos = fmt.Sprintf("127.0.0.1:%d", cluster.FreePort(t))
	mesos := cluster.RunOn(t, s.front, cluster.Binary("framework_runner"), "-serve_local_mesos="+s.mesos, "-mesos_master=local(3)", cluster.Credentials(t),
		"-local_work_dir="+t.TempDir(), "-local_hosts="+strings.Join(namespaces, ","), "-local_agent_timeout=10s", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]")
	mesos.Await(soon, "the local Mesos", func() bool {
		conn, err := s.front.Dial(t.Context(), "tcp", s.mesos)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	s.before = s.front.State()
	s.stage = &stage{image: busybox, Cluster: cluster.Start(t, cluster.Config{Master: s.mesos, On: s.front, Args: append([]string{"-pod_network=routed"}, args...)})}
	return s
}

// fault makes the local Mesos do something.
func (s *hostStage) fault(path string) {
	s.t.Helper()
	out, err := s.front.Command("curl", "-sSf", "-X", "POST", "-u", cluster.Principal+":"+cluster.Secret, "http://"+s.mesos+"/local/"+path).CombinedOutput()
	if err != nil {
		s.t.Fatalf("fault %s: %v: %s", path, err, out)
	}
}

// at has a pod run on one of the agents.
func (s *hostStage) at(agent int) func(*v1.PodSpec) {
	return func(spec *v1.PodSpec) { spec.NodeSelector = map[string]string{v1.LabelHostname: s.nodes[agent]} }
}

// member is a running pod with its network.
type member struct {
	*v1.Pod
	*netnstest.Namespace
	ip string
}

// port is where each member of TestHosts answers as netnstest's servers do.
const port = 7000

// start runs a pod that serves on an agent, with a service of its name, and waits until
// it runs.
func (s *hostStage) start(name string, agent int) member {
	s.t.Helper()
	pod := s.script(serving, s.at(agent))
	pod.Name, pod.Labels = name, map[string]string{"app": name}
	pod.Spec.RestartPolicy = v1.RestartPolicyAlways
	create(s.t, s.Cluster, pod)
	awaitPhase(s.t, s.Cluster, name, v1.PodRunning)
	return s.member(name, agent)
}

// member returns a pod that runs on an agent.
func (s *hostStage) member(name string, agent int) member {
	s.t.Helper()
	pod := get(s.t, s.Cluster, name)
	id := strings.TrimPrefix(pod.Status.ContainerStatuses[0].ContainerID, "docker://")
	return member{pod, s.agents[agent].Container(id), pod.Status.PodIP}
}

// service makes a service for the pods called app: TCP and UDP at port, HTTP and HTTPS.
func (s *hostStage) service(app string, change func(*v1.ServiceSpec)) *v1.Service {
	s.t.Helper()
	spec := v1.ServiceSpec{Selector: map[string]string{"app": app}, Ports: []v1.ServicePort{
		{Name: "tcp", Port: port}, {Name: "udp", Port: port, Protocol: v1.ProtocolUDP}, {Name: "http", Port: 80, TargetPort: intstr.FromInt(8080)},
		{Name: "https", Port: 443, TargetPort: intstr.FromInt(8443)}}}
	change(&spec)
	made, err := s.Client.CoreV1().Services("default").Create(context.Background(), &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: app}, Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

// expect waits until an answer is as wanted: routes and rules follow the API server's
// objects within a second or two.
func (s *hostStage) expect(what, want string, ask func() string) {
	s.t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if got = ask(); strings.HasPrefix(got, want) {
			return
		}
	}
	s.t.Errorf("%s: %s, want %s", what, got, want)
}

// raw returns the body of what the API server answers, or its status.
func (s *hostStage) raw(path string) string {
	status, body := s.Do(http.MethodGet, path, nil)
	if status != http.StatusOK {
		return fmt.Sprint(status, " ", string(body))
	}
	return string(body)
}
