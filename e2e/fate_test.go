package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// A fate is a pod and its expected outcome. The fates of a test share a cluster: all
// are posted together and then awaited one by one.
type fate struct {
	name string
	pod  *v1.Pod
	// becomes returns what the pod still lacks, or "" if it is as expected.
	becomes func(*v1.Pod) string
	// then continues from there; it may be nil.
	then func(*testing.T)
}

// fateTime is how long a pod may take, among a dozen or so others on a busy machine.
const fateTime = 2 * time.Minute

// stage is a cluster for pods of a busybox image.
type stage struct {
	*cluster.Cluster
	image string
}

func newStage(t *testing.T, args ...string) *stage {
	busybox := realdocker.Busybox(t)
	return &stage{image: busybox, Cluster: cluster.Start(t, cluster.Config{
		Args: append([]string{"-local_resources=cpus:8;mem:8192;disk:10000;ports:[31000-31099]"}, args...)})}
}

// play posts all pods, awaits each outcome, and removes them: nothing may be left of
// any.
func (s *stage) play(t *testing.T, fates []fate) {
	s.playAmongOthers(t, fates)
	awaitNoContainers(t, s.Cluster, s.Cluster.MesosAddr)
}

// playAmongOthers does so while pods run that are not of the play.
func (s *stage) playAmongOthers(t *testing.T, fates []fate) {
	t.Helper()
	names := make([]string, len(fates))
	for i, f := range fates {
		f.pod.Name = f.name
		names[i] = f.name
		create(t, s.Cluster, f.pod)
	}
	for _, f := range fates {
		t.Run(f.name, func(t *testing.T) {
			s.await(t, f.name, f.becomes)
			if f.then != nil {
				f.then(t)
			}
		})
	}
	for _, name := range names {
		if get(t, s.Cluster, name) != nil { // its fate may have been to be deleted
			remove(t, s.Cluster, name)
		}
	}
	awaitGone(t, s.Cluster, names...)
}

// await waits until becomes returns "" for the pod.
func (s *stage) await(t *testing.T, name string, becomes func(*v1.Pod) string) {
	t.Helper()
	var pod *v1.Pod
	lacks := ""
	for end := time.Now().Add(fateTime); ; time.Sleep(100 * time.Millisecond) {
		if pod = get(t, s.Cluster, name); pod == nil {
			t.Fatalf("pod %s is gone", name)
		}
		if lacks = becomes(pod); lacks == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("pod %s, %s: %s\nits containers: %+v %+v", name, pod.Status.Phase, lacks, pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
		}
	}
}

// script returns a pod whose container main runs a shell script and is not restarted
// when the script ends.
func (s *stage) script(script string, changes ...func(*v1.PodSpec)) *v1.Pod {
	pod := webPod("", "0.01")
	pod.Spec.RestartPolicy = v1.RestartPolicyNever
	pod.Spec.Containers = []v1.Container{s.container("main", script)}
	for _, change := range changes {
		change(&pod.Spec)
	}
	return pod
}

// container returns a container that runs a shell script.
func (s *stage) container(name, script string) v1.Container {
	return v1.Container{Name: name, Image: s.image, Command: []string{"sh", "-c", script},
		Resources: v1.ResourceRequirements{Requests: v1.ResourceList{
			v1.ResourceCPU: resource.MustParse("10m"), v1.ResourceMemory: resource.MustParse("16Mi"),
		}}}
}

// log returns what a container has written.
func (s *stage) log(pod, container string) string {
	text, err := s.Client.CoreV1().Pods("default").GetLogs(pod, &v1.PodLogOptions{Container: container}).DoRaw(context.Background())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// says is the fate of having all these in the log of the container main.
func (s *stage) says(want ...string) func(*v1.Pod) string {
	return func(pod *v1.Pod) string {
		if text := s.log(pod.Name, "main"); !containsAll(text, want) {
			return fmt.Sprintf("main says %q, without all of %q", text, want)
		}
		return ""
	}
}

// kubectl runs the command on the cluster and returns its output on both streams.
func (s *stage) kubectl(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fateTime)
	defer cancel()
	out, err := s.command(ctx, t, stdin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *stage) command(ctx context.Context, t *testing.T, stdin string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(cluster.Root(), "bin/kubectl"), append([]string{"-s", s.URL()}, args...)...)
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "SHELL=/bin/sh"}
	cmd.Stdin = bytes.NewReader([]byte(stdin))
	return cmd
}

// container returns the status of a container of any kind.
func container(pod *v1.Pod, name string) v1.ContainerStatus {
	for _, all := range [][]v1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses} {
		for _, c := range all {
			if c.Name == name {
				return c
			}
		}
	}
	return v1.ContainerStatus{}
}
