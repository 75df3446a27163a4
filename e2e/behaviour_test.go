package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// How pods start, run and end, as users of Kubernetes expect.
func TestLivesOfPods(t *testing.T) {
	s := newStage(t)
	host := t.TempDir() // where containers record their end
	s.play(t, []fate{
		{name: "init-in-order", becomes: phase(v1.PodSucceeded), pod: s.script("test $(cat /v/log) = one-two", volume("v", v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}),
			s.first("one", "printf one- >>/v/log", "v"), s.first("two", "printf two >>/v/log", "v"))},
		{name: "init-fails", pod: s.script("true", s.first("one", "exit 7", "")), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodFailed, exitCode(pod, "one"), int32(7), container(pod, "main").RestartCount, int32(0), container(pod, "main").State.Running == nil, true)
		}},
		{name: "init-tried-again", becomes: phase(v1.PodSucceeded), pod: s.script("true", policy(v1.RestartPolicyOnFailure), volume("v", v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}}),
			s.first("one", "test -f /v/tried || { touch /v/tried; exit 1; }", "v"))},
		{name: "sidecar", pod: s.script("test $(wget -qO- http://127.0.0.1:8080/word) = beside", func(spec *v1.PodSpec) {
			side := s.container("side", "printf beside >/tmp/word; exec httpd -f -p 8080 -h /tmp")
			side.RestartPolicy = new(v1.ContainerRestartPolicyAlways)
			side.StartupProbe = every(v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: "/word", Port: intstr.FromInt32(8080)}}, 100)
			spec.InitContainers = []v1.Container{side}
		}), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodSucceeded, container(pod, "side").State.Terminated != nil, true)
		}},
		{name: "never", pod: s.script("echo farewell >/dev/termination-log; exit 3"), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodFailed, exitCode(pod, "main"), int32(3), container(pod, "main").RestartCount, int32(0),
				strings.TrimSpace(terminated(pod, "main").Message), "farewell")
		}},
		{name: "on-failure", pod: s.script("test -f /v/tried || { touch /v/tried; exit 1; }", policy(v1.RestartPolicyOnFailure), volume("v", v1.VolumeSource{EmptyDir: &v1.EmptyDirVolumeSource{}})),
			becomes: func(pod *v1.Pod) string {
				return differ(pod.Status.Phase, v1.PodSucceeded, container(pod, "main").RestartCount, int32(1))
			}},
		{name: "crashes", pod: s.script("exit 1", policy(v1.RestartPolicyAlways)), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodRunning, waits(pod, "main"), "CrashLoopBackOff", container(pod, "main").RestartCount > 0, true)
		}},
		{name: "out-of-memory", pod: s.script("dd if=/dev/zero of=/dev/null bs=100M", func(spec *v1.PodSpec) {
			spec.Containers[0].Resources.Limits = v1.ResourceList{v1.ResourceMemory: resource.MustParse("32Mi")}
		}), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodFailed, terminated(pod, "main").Reason, "OOMKilled")
		}},
		{name: "deadline", pod: s.script("exec sleep 1000", func(spec *v1.PodSpec) { spec.ActiveDeadlineSeconds = new(int64(3)) }), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodFailed, pod.Status.Reason, "DeadlineExceeded")
		}},
		{name: "image-never-pulled", pod: s.script("true", pull("kubernetes-mesos-test/nowhere:1", v1.PullNever)), becomes: waiting("ErrImageNeverPull")},
		{name: "image-missing", pod: s.script("true", pull("kubernetes-mesos-test/nowhere:2", v1.PullIfNotPresent)), becomes: waiting("ImagePullBackOff")},
		{name: "image-no-name", pod: s.script("true", pull("No Name", v1.PullIfNotPresent)), becomes: waiting("InvalidImageName")},
		{name: "command-missing", pod: s.script("", func(spec *v1.PodSpec) { spec.Containers[0].Command = []string{"/no/such"} }), becomes: func(pod *v1.Pod) string {
			return differ(pod.Status.Phase, v1.PodFailed, strings.Contains(terminated(pod, "main").Message, "/no/such"), true)
		}},
		{name: "post-start", becomes: phase(v1.PodSucceeded), pod: s.script("until test -f /tmp/began; do sleep 0.1; done", hooks(
			&v1.LifecycleHandler{Exec: &v1.ExecAction{Command: []string{"touch", "/tmp/began"}}}, nil))},
		{name: "post-start-fails", pod: s.script("exec sleep 1000", hooks(&v1.LifecycleHandler{Exec: &v1.ExecAction{Command: []string{"false"}}}, nil)),
			becomes: func(pod *v1.Pod) string { return s.events(t, pod, "FailedPostStartHook") }},
		{name: "pre-stop", becomes: s.says("prepared"), pod: s.script("trap 'echo term >>/v/end; exit' TERM; echo prepared; while :; do sleep 0.1; done", grace(60),
			volume("v", v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: host}}),
			hooks(nil, &v1.LifecycleHandler{Exec: &v1.ExecAction{Command: []string{"sh", "-c", "echo hook >>/v/end"}}})),
			then: func(t *testing.T) {
				remove(t, s.Cluster, "pre-stop")
				awaitGone(t, s.Cluster, "pre-stop")
				if end, err := os.ReadFile(filepath.Join(host, "end")); err != nil || string(end) != "hook\nterm\n" {
					t.Errorf("the container's end was %q, %v", end, err)
				}
			}},
		{name: "grace", becomes: s.says("prepared"), pod: s.script("trap 'sleep 3; touch /v/orderly; exit' TERM; echo prepared; while :; do sleep 0.1; done", grace(60),
			volume("v", v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: host}})),
			then: func(t *testing.T) {
				remove(t, s.Cluster, "grace")
				awaitGone(t, s.Cluster, "grace")
				if _, err := os.Stat(filepath.Join(host, "orderly")); err != nil {
					t.Errorf("the container had no time to end: %v", err)
				}
			}},
		{name: "resized", becomes: phase(v1.PodRunning), pod: s.script("exec sleep 1000"), then: func(t *testing.T) {
			s.resize(t, "resized", "200m")
			s.await(t, "resized", func(pod *v1.Pod) string {
				c := condition(pod, v1.PodResizePending)
				return differ(c.Reason, v1.PodReasonInfeasible, containsAll(c.Message, []string{"Mesos cannot change", "has 0.01 cpus", "and 0.19 cpus more"}), true, allocatedCPU(pod), "10m")
			})
			s.resize(t, "resized", "5m")
			s.await(t, "resized", func(pod *v1.Pod) string {
				return differ(condition(pod, v1.PodResizePending).Message, "", allocatedCPU(pod), "5m")
			})
			s.resize(t, "resized", "10m")
			s.await(t, "resized", func(pod *v1.Pod) string { return differ(allocatedCPU(pod), "10m") })
		}},
	})
}

// resize has the container main request so much.
func (s *stage) resize(t *testing.T, pod, cpu string) {
	t.Helper()
	s.kubectl(t, "", "patch", "pod", pod, "--subresource=resize", "-p",
		fmt.Sprintf(`{"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": %q}}}]}}`, cpu))
}

// allocatedCPU returns what the kubelet has allocated to the container main.
func allocatedCPU(pod *v1.Pod) string {
	c := container(pod, "main")
	return c.AllocatedResources.Cpu().String()
}

// condition returns a condition of a pod, an empty one if it has none of that type.
func condition(pod *v1.Pod, of v1.PodConditionType) v1.PodCondition {
	for _, c := range pod.Status.Conditions {
		if c.Type == of {
			return c
		}
	}
	return v1.PodCondition{}
}

// events is the fate of having an event with a reason.
func (s *stage) events(t *testing.T, pod *v1.Pod, reason string) string {
	events, err := s.Client.CoreV1().Events("default").List(t.Context(), eventsOf(pod.Name))
	if err != nil {
		return err.Error()
	}
	var seen []string
	for _, e := range events.Items {
		if e.Reason == reason {
			return ""
		}
		seen = append(seen, e.Reason)
	}
	return fmt.Sprintf("it has the events %q, not %s", seen, reason)
}
