package e2e

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// hollowTask is a task of a pod without containers.
type hollowTask struct {
	*hollowExecutor
	id     string
	pod    taskdata.Data
	killed bool          // under hollowMesos.mu
	woken  chan struct{} // yields when the pod or killed has changed
}

func (t *hollowTask) wake() {
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

func (t *hollowTask) say(s mesospb.TaskState) {
	t.Update(&mesospb.TaskStatus{TaskId: &mesospb.TaskID{Value: &t.id}, State: s.Enum()})
}

// live runs the task: the pod runs when it is bound, and ends when it is deleted.
func (t *hollowTask) live() {
	t.say(mesospb.TaskState_TASK_STARTING)
	runs := false
	for {
		t.mu.Lock()
		killed := t.killed
		t.mu.Unlock()
		p := t.bound()
		switch {
		case killed, runs && (p == nil || p.DeletionTimestamp != nil):
			t.end()
			return
		case p != nil && !runs:
			runs = true
			t.start()
		}
		select {
		case <-t.ctx.Done():
			return
		case <-t.woken:
		}
	}
}

// bound returns the pod if it is bound to this agent, and nil otherwise.
func (t *hollowTask) bound() *v1.Pod {
	o, there, _ := t.pods.GetByKey(t.pod.Namespace + "/" + t.pod.Name)
	if !there {
		return nil
	}
	p := o.(*v1.Pod)
	if string(p.UID) != t.pod.UID || p.Spec.NodeName != t.pod.Node || !taskdata.MeantFor(p.Annotations, t.agent) {
		return nil
	}
	return p
}

// start shows the pod as running, as its kubelet would.
func (t *hollowTask) start() {
	t.mu.Lock()
	t.runs[t.pod.UID]++
	t.mu.Unlock()
	now := metav1.Now()
	status := map[string]any{"metadata": map[string]any{"uid": t.pod.UID}, "status": v1.PodStatus{
		Phase: v1.PodRunning, StartTime: &now, PodIP: "10.0.0.1", HostIP: "127.0.0.1",
		Conditions: []v1.PodCondition{
			{Type: v1.PodReady, Status: v1.ConditionTrue, LastTransitionTime: now},
			{Type: v1.ContainersReady, Status: v1.ConditionTrue, LastTransitionTime: now},
		},
	}}
	body, err := json.Marshal(status)
	if err != nil {
		panic(err) // plain API types
	}
	t.insist("the status of pod "+t.pod.Name, func() error {
		_, err := t.client.CoreV1().Pods(t.pod.Namespace).Patch(t.ctx, t.pod.Name, types.StrategicMergePatchType, body, metav1.PatchOptions{}, "status")
		return err
	})
	t.say(mesospb.TaskState_TASK_RUNNING)
}

// end removes the pod, like its kubelet when all containers are gone.
func (t *hollowTask) end() {
	uid, none := types.UID(t.pod.UID), int64(0)
	t.insist("deleting pod "+t.pod.Name, func() error {
		err := t.client.CoreV1().Pods(t.pod.Namespace).Delete(t.ctx, t.pod.Name,
			metav1.DeleteOptions{GracePeriodSeconds: &none, Preconditions: &metav1.Preconditions{UID: &uid}})
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return nil
		}
		return err
	})
	t.mu.Lock()
	if t.tasks[t.pod.UID] == t {
		delete(t.tasks, t.pod.UID)
	}
	t.mu.Unlock()
	t.say(mesospb.TaskState_TASK_KILLED)
}

// keepNode reports the node as ready, periodically.
func (e *hollowExecutor) keepNode(name string) {
	again := time.NewTicker(20 * time.Second)
	defer again.Stop()
	for {
		now := time.Now().UTC().Format(time.RFC3339)
		body := fmt.Sprintf(`{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"hollow","lastHeartbeatTime":%q,"lastTransitionTime":%[1]q}]}}`, now)
		e.insist("the status of node "+name, func() error {
			_, err := e.client.CoreV1().Nodes().Patch(e.ctx, name, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, "status")
			return err
		})
		select {
		case <-e.ctx.Done():
			return
		case <-again.C:
		}
	}
}

// insist repeats a request until it succeeds, as kubelets do.
func (e *hollowExecutor) insist(what string, request func() error) {
	err := request()
	for try := 1; err != nil && e.ctx.Err() == nil; try++ {
		if try == 5 {
			e.blame("%s: %v", what, err)
			return
		}
		select {
		case <-e.ctx.Done():
		case <-time.After(time.Second):
		}
		err = request()
	}
}
