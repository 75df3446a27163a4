package spec

import (
	"reflect"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Devices are passed with their permissions; CDI devices by their names in one request.
func TestDevices(t *testing.T) {
	t.Parallel()
	host := &docker.HostConfig{}
	deviceSpec(host, &runtimeapi.ContainerConfig{
		Devices:    []*runtimeapi.Device{{HostPath: "/dev/a", ContainerPath: "/dev/b", Permissions: "rw"}, {HostPath: "/dev/c", ContainerPath: "/dev/c", Permissions: "r"}},
		CDIDevices: []*runtimeapi.CDIDevice{{Name: "vendor/d=1"}, {Name: "vendor/d=2"}},
	})
	devices := []docker.Device{
		{PathOnHost: "/dev/a", PathInContainer: "/dev/b", CgroupPermissions: "rw"},
		{PathOnHost: "/dev/c", PathInContainer: "/dev/c", CgroupPermissions: "r"},
	}
	if !reflect.DeepEqual(host.Devices, devices) {
		t.Errorf("devices %+v", host.Devices)
	}
	if want := []docker.DeviceRequest{{Driver: "cdi", DeviceIDs: []string{"vendor/d=1", "vendor/d=2"}}}; !reflect.DeepEqual(host.DeviceRequests, want) {
		t.Errorf("requests %+v", host.DeviceRequests)
	}
	none := &docker.HostConfig{}
	if deviceSpec(none, &runtimeapi.ContainerConfig{}); none.Devices != nil || none.DeviceRequests != nil {
		t.Errorf("no devices become %+v", none)
	}
}

// Every signal that the CRI knows has a name that Docker knows.
func TestSignals(t *testing.T) {
	t.Parallel()
	for signal, want := range map[runtimeapi.Signal]string{
		runtimeapi.Signal_RUNTIME_DEFAULT: "", runtimeapi.Signal_SIGTERM: "SIGTERM", runtimeapi.Signal_SIGKILL: "SIGKILL",
		runtimeapi.Signal_SIGRTMIN: "SIGRTMIN", runtimeapi.Signal_SIGRTMINPLUS15: "SIGRTMIN+15",
		runtimeapi.Signal_SIGRTMAXMINUS1: "SIGRTMAX-1", runtimeapi.Signal_SIGRTMAX: "SIGRTMAX",
	} {
		if got := signalSpec(signal); got != want {
			t.Errorf("%v: %q, want %q", signal, got, want)
		}
	}
}

// A user is a number or a name, with a group only if there is a user.
func TestUsers(t *testing.T) {
	t.Parallel()
	id := func(n int64) *runtimeapi.Int64Value { return &runtimeapi.Int64Value{Value: n} }
	for want, c := range map[string]struct {
		user  *runtimeapi.Int64Value
		name  string
		group *runtimeapi.Int64Value
	}{
		"": {nil, "", id(5)}, "0": {id(0), "", nil}, "7:5": {id(7), "", id(5)}, "web": {nil, "web", nil}, "web:0": {nil, "web", id(0)}, "8": {id(8), "web", nil},
	} {
		if got := userSpec(c.user, c.name, c.group); got != want {
			t.Errorf("%v, %q, %v: %q, want %q", c.user, c.name, c.group, got, want)
		}
	}
}
