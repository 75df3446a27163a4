package resources_test

import (
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// reserved returns 64 MB of disk that a framework has reserved.
func reserved(t *testing.T) *mesospb.Resource {
	labels := &mesospb.Labels{Labels: []*mesospb.Label{{Key: proto.String("owner"), Value: proto.String("us")}}}
	return resources.Reserved(parse(t, "disk:64")[0], "web", "fw", labels)
}

// A reservation has two forms, which are made of each other without loss.
func TestFormsOfAReservation(t *testing.T) {
	t.Parallel()
	dynamic := reserved(t)
	for name, r := range map[string]*mesospb.Resource{"none": parse(t, "disk:1")[0], "static": parse(t, "disk(web):1")[0], "dynamic": dynamic} {
		old, ok := resources.Unrefined(r)
		if !ok || len(old.Reservations) > 0 || old.GetRole() != resources.Role(r) || (old.Reservation != nil) != (name == "dynamic") {
			t.Errorf("%s: the old form is %v", name, old)
		}
		refined := resources.Refined(old)
		if refined.Role != nil || refined.Reservation != nil || !proto.Equal(refined, resources.Refined(r)) {
			t.Errorf("%s: refined it is %v", name, refined)
		}
		if (resources.Reservation(old) != nil) != (name == "dynamic") {
			t.Errorf("%s: reserved dynamically: %v", name, resources.Reservation(old))
		}
	}
	within := resources.Reserved(dynamic, "web/a", "fw", nil)
	if _, ok := resources.Unrefined(within); ok || resources.Role(within) != "web/a" {
		t.Errorf("a reservation within another is %v", within)
	}
	if back := resources.Unreserved(within); !proto.Equal(back, dynamic) {
		t.Errorf("without the inner one it is %v", back)
	}
	if back := resources.Unreserved(dynamic); !proto.Equal(back, parse(t, "disk:64")[0]) {
		t.Errorf("without any it is %v", back)
	}
}

// A volume is taken as a whole or not at all, whatever it is used for, and is no part of
// what tasks are given.
func TestVolume(t *testing.T) {
	t.Parallel()
	volume := *reserved(t)
	volume.Disk = &mesospb.Resource_DiskInfo{
		Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: proto.String("v")},
		Volume:      &mesospb.Volume{ContainerPath: proto.String("data"), Mode: mesospb.Volume_RW.Enum()},
	}
	if id := resources.VolumeID(&volume); id != "v" {
		t.Errorf("its id is %q", id)
	}
	elsewhere, half := volume, volume
	elsewhere.Disk = &mesospb.Resource_DiskInfo{Persistence: volume.Disk.Persistence,
		Volume: &mesospb.Volume{ContainerPath: proto.String("other"), Mode: mesospb.Volume_RO.Enum()}}
	half.Scalar = &mesospb.Value_Scalar{Value: proto.Float64(32)}
	all := resources.Add(parse(t, "disk:100"), &volume)
	if !resources.Contains(all, []*mesospb.Resource{&elsewhere}) {
		t.Error("the volume cannot be used at another path")
	}
	if resources.Contains(all, []*mesospb.Resource{&half}) {
		t.Error("half of the volume was taken")
	}
	if !proto.Equal(resources.Emptied(&volume), reserved(t)) {
		t.Errorf("destroyed it is %v", resources.Emptied(&volume))
	}
	if _, _, err := resources.Take(all, resources.Want{Disk: 101}); err == nil {
		t.Error("a task was given a part of the volume")
	}
}
