package spec

import (
	"time"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// ContainerStatus describes a container. The image is named by its id.
func ContainerStatus(c *docker.Container, r Record) *runtimeapi.ContainerStatus {
	status := &runtimeapi.ContainerStatus{
		Id:          c.ID,
		Metadata:    r.ContainerMetadata(),
		State:       ContainerState(c.State),
		CreatedAt:   c.Created.UnixNano(),
		StartedAt:   nanoseconds(c.State.StartedAt),
		Image:       &runtimeapi.ImageSpec{Image: r.Image, UserSpecifiedImage: r.Image},
		ImageRef:    c.Image,
		ImageId:     c.Image,
		Labels:      r.Labels,
		Annotations: r.Annotations,
		Mounts:      mounts(c),
		LogPath:     r.Log,
		Resources:   resources(c.HostConfig),
	}
	if status.State == runtimeapi.ContainerState_CONTAINER_EXITED {
		status.FinishedAt = nanoseconds(c.State.FinishedAt)
		status.ExitCode = int32(c.State.ExitCode)
		status.Reason = reason(c.State)
		status.Message = c.State.Error
		if c.State.StartedAt.IsZero() {
			// It never ran: it was only created.
			status.StartedAt, status.FinishedAt = status.CreatedAt, status.CreatedAt
		}
	}
	return status
}

// ContainerState returns the CRI's state. Unlike Docker's, which stays "created", it
// is "exited" for a container that failed to start.
func ContainerState(s docker.State) runtimeapi.ContainerState {
	switch {
	case s.Running:
		return runtimeapi.ContainerState_CONTAINER_RUNNING
	case s.StartedAt.IsZero() && s.ExitCode == 0 && s.Error == "":
		return runtimeapi.ContainerState_CONTAINER_CREATED
	}
	return runtimeapi.ContainerState_CONTAINER_EXITED
}

// reason returns the kubelet's word for how a container ended. For
// "ContainerCannotRun" the kubelet shows no logs as the message.
func reason(s docker.State) string {
	switch {
	case s.OOMKilled:
		return "OOMKilled"
	case s.StartedAt.IsZero():
		return "ContainerCannotRun"
	case s.ExitCode == 0:
		return "Completed"
	}
	return "Error"
}

// nanoseconds returns the time since 1970. Never is year 1 in Docker and 0 in the CRI.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
