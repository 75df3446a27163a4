package e2e

import (
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A rollout replaces all pods behind a service while a client asks it: pods that end finish
// what they are asked, and no request is lost.
func TestRolloutLosesNoRequest(t *testing.T) {
	guardRanges(t)
	s := newStage(t, "-pod_network=routed")
	labels, two := map[string]string{"app": "web"}, int32(2)
	pod := s.script(serving).Spec
	grace := int64(5)
	pod.RestartPolicy, pod.TerminationGracePeriodSeconds = v1.RestartPolicyAlways, &grace
	main := &pod.Containers[0]
	main.Lifecycle = &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 2}}} // until clients know
	main.ReadinessProbe = &v1.Probe{PeriodSeconds: 1, ProbeHandler: v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: intstr.FromInt32(8080)}}}
	if _, err := s.Client.AppsV1().Deployments("default").Create(t.Context(), &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	service, err := s.Client.CoreV1().Services("default").Create(t.Context(), &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: v1.ServiceSpec{Selector: labels, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client := s.script(fmt.Sprintf(`until wget -qO- http://%[1]s/cgi-bin/who; do sleep 0.1; done
		while :; do if wget -qO- http://%[1]s/cgi-bin/who; then echo answered; else echo lost; fi; done`, service.Spec.ClusterIP))
	client.Name = "client"
	create(t, s.Cluster, client)
	answered := func() int { return strings.Count(s.log("client", "main"), "answered") }
	s.Process().Await(soon, "requests to be answered", func() bool { return answered() > 20 })

	for range 2 {
		s.kubectl(t, "", "rollout", "restart", "deployment/web")
		s.kubectl(t, "", "rollout", "status", "deployment/web", "--timeout=60s")
	}
	n := answered()
	s.Process().Await(soon, "requests after the rollouts", func() bool { return answered() > n+20 })
	log := s.log("client", "main")
	if strings.Contains(log, "lost") {
		t.Errorf("%d requests are lost of %d:\n%s", strings.Count(log, "lost"), n, log)
	}
	if names := podNames(log); len(names) < 4 {
		t.Errorf("the pods %v answered: were they replaced?", names)
	}
	s.kubectl(t, "", "delete", "deployment/web", "pod/client", "--timeout=60s")
}

// podNames returns the pods that a client of serving has heard.
func podNames(log string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(log) {
		if name, _, is := strings.Cut(line, " sees "); is {
			names[name] = true
		}
	}
	return names
}
