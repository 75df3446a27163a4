package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// serving makes a pod serve its own name and the address that asks, on port 8080.
const serving = `mkdir -p /tmp/w/cgi-bin; printf '#!/bin/sh\necho; echo "$HOSTNAME sees $REMOTE_ADDR"\n' >/tmp/w/cgi-bin/who; chmod +x /tmp/w/cgi-bin/who; exec httpd -f -p 8080 -h /tmp/w`

// A network of our own connects pods: they see each other's addresses, services lead to
// them, policies hold, host ports work, and when the executor has nothing to do any more it
// ends, and the host is as it was.
func TestRoutedNetwork(t *testing.T) {
	guardRanges(t)
	before := stateOfHost(t)
	s := newStage(t, "-executor_idle_timeout=2s")
	httpPod := func(name string, changes ...func(*v1.PodSpec)) *v1.Pod {
		pod := s.script(serving, changes...)
		pod.Name, pod.Labels = name, map[string]string{"app": name}
		pod.Spec.Containers[0].ReadinessProbe = &v1.Probe{PeriodSeconds: 1, ProbeHandler: v1.ProbeHandler{
			HTTPGet: &v1.HTTPGetAction{Path: "/cgi-bin/who", Port: intstr.FromInt(8080)}}}
		return pod
	}
	create(t, s.Cluster, httpPod("web", func(spec *v1.PodSpec) {
		spec.Containers[0].Ports = []v1.ContainerPort{{ContainerPort: 8080, HostPort: 31007}}
	}), httpPod("client"), httpPod("stranger"))
	for _, name := range []string{"web", "client", "stranger"} {
		awaitPhase(t, s.Cluster, name, v1.PodRunning)
	}
	web, client := get(t, s.Cluster, "web"), get(t, s.Cluster, "client")
	for _, pod := range []*v1.Pod{web, client} {
		if !strings.HasPrefix(pod.Status.PodIP, "10.244.0.") {
			t.Fatalf("pod %s has the address %s", pod.Name, pod.Status.PodIP)
		}
	}
	asks := func(from, url string) string { // or why not
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		out, err := s.command(ctx, t, "", "exec", from, "--", "wget", "-qO-", url).CombinedOutput()
		if err != nil {
			return fmt.Sprint(err, " ", string(out))
		}
		return string(out)
	}
	awaitAnswer := func(from, url, want string) {
		t.Helper()
		got := ""
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			if got = asks(from, url); strings.HasPrefix(got, want) {
				return
			}
		}
		t.Errorf("%s asks %s: %s, want %s", from, url, got, want)
	}
	seen := "web sees [::ffff:" + client.Status.PodIP + "]"
	awaitAnswer("client", "http://"+web.Status.PodIP+":8080/cgi-bin/who", seen)

	service, err := s.Client.CoreV1().Services("default").Create(t.Context(), &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: v1.ServiceSpec{Type: v1.ServiceTypeNodePort, Selector: map[string]string{"app": "web"},
			Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(8080)}}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	byService := "http://" + service.Spec.ClusterIP + "/cgi-bin/who"
	awaitAnswer("client", byService, seen)
	awaitAnswer("web", byService, "web sees ")
	node, err := s.Client.CoreV1().Nodes().Get(t.Context(), web.Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{
		"http://127.0.0.1:31007/cgi-bin/who", fmt.Sprintf("http://%s:%d/cgi-bin/who", address(node), service.Spec.Ports[0].NodePort),
		"http://" + web.Status.PodIP + ":8080/cgi-bin/who",
	} {
		if got := hostAsks(url); !strings.HasPrefix(got, "web sees ") {
			t.Errorf("the host asks %s: %s", url, got)
		}
	}
	if got := asks("client", "http://10.0.0.250/"); !strings.Contains(got, "refused") && !strings.Contains(got, "unreachable") && !strings.Contains(got, "No route") {
		t.Errorf("a service that does not exist: %s", got)
	}

	if _, err := s.Client.NetworkingV1().NetworkPolicies("default").Create(t.Context(), &netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "from-client"},
		Spec: netv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Ingress: []netv1.NetworkPolicyIngressRule{{From: []netv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "client"}}}}}}}},
		metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitAnswer("stranger", byService, "signal: killed")
	if web := get(t, s.Cluster, "web"); !ready(web) {
		t.Errorf("the probes of web do not pass the policy: %+v", web.Status.Conditions)
	}
	awaitAnswer("client", byService, seen)

	if err := s.Client.CoreV1().Services("default").Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web", "client", "stranger"} {
		remove(t, s.Cluster, name)
	}
	awaitGone(t, s.Cluster, "web", "client", "stranger")
	awaitNoExecutor(t, frameworks(t, s.MesosAddr)[0].ID)
	before.leftAsBefore(t, "the end of the idle executor")
	s.Stop()
	before.leftAsBefore(t, "the end of framework_runner")
	noLocks(t)
}

// host runs a command on this machine.
func host(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// hostAsks returns what a server answers this machine, or why it does not.
func hostAsks(url string) string {
	response, err := (&http.Client{Timeout: 3 * time.Second}).Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

// killExecutors kills the executors of a framework, and awaits another one with the same pods.
func killExecutors(t *testing.T, c *cluster.Cluster, framework string, running func() bool) {
	t.Helper()
	old := programs(t, framework)
	for pid := range old {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	c.Process().Await(soon, "another executor with all pods", func() bool {
		for pid := range programs(t, framework) {
			if _, same := old[pid]; !same {
				return running()
			}
		}
		return false
	})
}

// The network does not depend on the executor: while it is killed and another one takes
// its pods over, a client loses no request to a service, and addresses stay. In the end the
// machine is as it was, by an executor that has not made what it removes.
func TestFaultNetworkWithoutExecutor(t *testing.T) {
	p := promised(t, "an executor is killed with -pod_network=routed", "connections between its pods go on: no request to a service is lost")
	guardRanges(t)
	before := stateOfHost(t)
	s := newStage(t)
	web := s.script(serving)
	web.Name, web.Labels = "web", map[string]string{"app": "web"}
	web.Spec.RestartPolicy = v1.RestartPolicyAlways
	create(t, s.Cluster, web)
	service, err := s.Client.CoreV1().Services("default").Create(t.Context(), &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: v1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(8080)}}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	awaitPhase(t, s.Cluster, "web", v1.PodRunning)
	client := s.script(fmt.Sprintf(`until wget -qO- http://%[1]s/cgi-bin/who; do sleep 0.1; done
		while :; do if wget -qO- http://%[1]s/cgi-bin/who >/dev/null 2>&1; then echo answered; else echo lost; fi; done`, service.Spec.ClusterIP))
	client.Name = "client"
	client.Spec.RestartPolicy = v1.RestartPolicyAlways
	create(t, s.Cluster, client)
	answered := func() int { return strings.Count(s.log("client", "main"), "answered") }
	s.Process().Await(soon, "requests to be answered", func() bool { return answered() > 20 })
	address := get(t, s.Cluster, "web").Status.PodIP

	id := frameworks(t, s.MesosAddr)[0].ID
	for round := range 3 {
		killExecutors(t, s.Cluster, id, func() bool {
			tasks := liveTasks(t, s.MesosAddr)
			return len(tasks) == 2 && tasks[0].State == "TASK_RUNNING" && tasks[1].State == "TASK_RUNNING"
		})
		n := answered()
		s.Process().Await(soon, fmt.Sprint("requests after round ", round), func() bool { return answered() > n+20 })
	}
	if log := s.log("client", "main"); strings.Contains(log, "lost") {
		t.Errorf("%d requests are lost of %d", strings.Count(log, "lost"), answered())
	}
	if after := get(t, s.Cluster, "web").Status.PodIP; after != address {
		t.Errorf("web had the address %s, has %s", address, after)
	}
	p.measure("3 executors killed while a client asked: %d requests were answered, none was lost", answered())
	for _, name := range []string{"web", "client"} {
		remove(t, s.Cluster, name)
	}
	awaitGone(t, s.Cluster, "web", "client")
	s.Stop()
	before.leftAsBefore(t, "the end of the last of several executors")
	noLocks(t)
}

// guarded are the default ranges of pods and services.
var guarded = []string{"10.244.0.0/16", "10.0.0.0/16"}

// guard has mistakes of this machine's routes go nowhere, until undo.
func guard() (undo func(), err error) {
	for _, network := range guarded {
		if out, err := exec.Command("ip", "route", "replace", "unreachable", network, "metric", "9000").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("guarding the range %s: %w: %s", network, err, out)
		}
	}
	return func() {
		for _, network := range guarded {
			_ = exec.Command("ip", "route", "delete", "unreachable", network, "metric", "9000").Run() // or another run of tests has
		}
	}, nil
}

// guardRanges fails t unless the ranges are guarded, as TestMain has them.
func guardRanges(t testing.TB) {
	t.Helper()
	for _, network := range guarded {
		if !strings.Contains(host(t, "ip", "route", "show", network), "unreachable") {
			t.Fatalf("the range %s is not guarded", network)
		}
	}
}

// ready reports whether a pod's probes pass.
func ready(pod *v1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c v1.PodCondition) bool {
		return c.Type == v1.PodReady && c.Status == v1.ConditionTrue
	})
}
