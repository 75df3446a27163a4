package convert

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// containerStatusesToCore orders the map's entries like the stored statuses, then
// like the pod's containers, then by name.
func containerStatusesToCore(info map[string]wire.ContainerStatus, pod *corev1.Pod) []corev1.ContainerStatus {
	stored := pod.Status.ContainerStatuses
	rank := map[string]int{}
	for _, s := range stored {
		rank[s.Name] = len(rank) - 1e6
	}
	for _, c := range pod.Spec.Containers {
		if _, ok := rank[c.Name]; !ok {
			rank[c.Name] = len(rank) - 1e6
		}
	}
	type entry struct {
		name   string
		status wire.ContainerStatus
	}
	var entries []entry
	for name, status := range info {
		_, real := rank[name]
		if (name == infoPOD || name == infoNet) && !real {
			continue // made for the client by podStatusFromCore
		}
		entries = append(entries, entry{name, status})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(rank[a.name], rank[b.name]), cmp.Compare(a.name, b.name))
	})
	return replaceSlice(entries, stored,
		func(e *entry, c *corev1.ContainerStatus) bool { return e.name == c.Name },
		func(e *entry, c *corev1.ContainerStatus) corev1.ContainerStatus {
			return containerStatusToCore(e.name, &e.status, c)
		})
}

func containerStatusFromCore(in *corev1.ContainerStatus) wire.ContainerStatus {
	return wire.ContainerStatus{
		State:        stateFromCore(&in.State),
		LastState:    stateFromCore(&in.LastTerminationState),
		Ready:        in.Ready,
		RestartCount: int(in.RestartCount),
		Image:        in.Image,
		ImageID:      in.ImageID,
		ContainerID:  in.ContainerID,
	}
}

func containerStatusToCore(name string, in *wire.ContainerStatus, stored *corev1.ContainerStatus) corev1.ContainerStatus {
	out := orNew(stored)
	out.Name = name
	out.State = stateToCore(&in.State, &out.State)
	out.LastTerminationState = stateToCore(&in.LastState, &out.LastTerminationState)
	out.Ready = in.Ready
	out.RestartCount = int32(in.RestartCount)
	out.Image, out.ImageID, out.ContainerID = in.Image, in.ImageID, in.ContainerID
	return out
}

func stateFromCore(in *corev1.ContainerState) wire.ContainerState {
	var s wire.ContainerState
	if w := in.Waiting; w != nil {
		s.Waiting = &wire.ContainerWaiting{Reason: w.Reason}
	}
	if r := in.Running; r != nil {
		s.Running = &wire.ContainerRunning{StartedAt: seconds(r.StartedAt)}
	}
	if t := in.Terminated; t != nil {
		s.Termination = &wire.ContainerTermination{
			ExitCode: int(t.ExitCode), Signal: int(t.Signal), Reason: t.Reason, Message: t.Message,
			StartedAt: seconds(t.StartedAt), FinishedAt: seconds(t.FinishedAt), ContainerID: t.ContainerID,
		}
	}
	return s
}

func stateToCore(in *wire.ContainerState, stored *corev1.ContainerState) corev1.ContainerState {
	var out corev1.ContainerState
	if w := in.Waiting; w != nil {
		out.Waiting = orEmpty(stored.Waiting)
		out.Waiting.Reason = w.Reason
	}
	if r := in.Running; r != nil {
		out.Running = orEmpty(stored.Running)
		out.Running.StartedAt = replaceTime(r.StartedAt, out.Running.StartedAt)
	}
	if t := in.Termination; t != nil {
		o := orEmpty(stored.Terminated)
		o.ExitCode, o.Signal, o.Reason, o.Message = int32(t.ExitCode), int32(t.Signal), t.Reason, t.Message
		o.StartedAt = replaceTime(t.StartedAt, o.StartedAt)
		o.FinishedAt = replaceTime(t.FinishedAt, o.FinishedAt)
		o.ContainerID = t.ContainerID
		out.Terminated = o
	}
	return out
}
