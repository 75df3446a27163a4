package volumes_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/volumes"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func volume(role, id string) *mesospb.Resource {
	return &mesospb.Resource{Name: proto.String("disk"), Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: proto.Float64(16)},
		Reservations: []*mesospb.Resource_ReservationInfo{{Role: &role, Type: mesospb.Resource_ReservationInfo_DYNAMIC.Enum()}},
		Disk: &mesospb.Resource_DiskInfo{Persistence: &mesospb.Resource_DiskInfo_Persistence{Id: &id},
			Volume: &mesospb.Volume{ContainerPath: proto.String("deep/data"), Mode: mesospb.Volume_RW.Enum()}}}
}

// A volume has a directory from its creation to its destruction, through restarts, and
// appears in the sandbox of who uses it.
func TestLifeOfAVolume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := volumes.New(dir, 0)
	if kept, err := s.Load(); len(kept) > 0 || err != nil {
		t.Fatalf("a new agent remembers %v: %v", kept, err)
	}
	mine, other := volume("team/web", "v"), volume("team/web", "w")
	if err := s.Change(nil, []*mesospb.Resource{mine, other}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "volumes", "roles", "team web", "v")
	if got := s.Path(mine); got != path {
		t.Errorf("it is at %s", got)
	}
	sandbox := filepath.Join(dir, "sandbox")
	if err := os.Mkdir(sandbox, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // linked again, it stays
		if err := s.Link(sandbox, []*mesospb.Resource{mine}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(sandbox, "deep/data/x"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = volumes.New(dir, 0) // the agent is started again
	kept, err := s.Load()
	if err != nil || len(kept) != 2 || !proto.Equal(kept[0], mine) {
		t.Fatalf("it remembers %v: %v", kept, err)
	}
	if b, err := os.ReadFile(filepath.Join(path, "x")); string(b) != "x" {
		t.Errorf("the volume has %q: %v", b, err)
	}
	s.Unlink(sandbox, []*mesospb.Resource{mine})
	if _, err := os.Lstat(filepath.Join(sandbox, "deep/data")); !os.IsNotExist(err) {
		t.Errorf("the link is still there: %v", err)
	}
	if err := s.Change(kept, kept[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a destroyed volume is still there: %v", err)
	}
	if _, err := os.Stat(s.Path(other)); err != nil {
		t.Errorf("the other one is gone: %v", err)
	}
	if err := s.Link(sandbox, []*mesospb.Resource{mine}); err == nil {
		t.Error("a volume that is no more was linked")
	}
}

// A damaged list is reported by its name: what was reserved must not be forgotten.
func TestDamagedList(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string][]byte{"nonsense": {0xff}, "empty": {}} {
		dir := t.TempDir()
		s := volumes.New(dir, 0)
		if err := s.Change(nil, []*mesospb.Resource{volume("web", "v")}); err != nil {
			t.Fatal(err)
		}
		list := filepath.Join(dir, "meta/resources/agent-1")
		if err := os.WriteFile(list, damage, 0o644); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.Load(); err == nil || !strings.Contains(err.Error(), list) {
			t.Errorf("%s: it remembers %v: %v", name, kept, err)
		}
	}
}

// An agent that has nothing reserved any more remembers that.
func TestNothingReservedAnyMore(t *testing.T) {
	t.Parallel()
	s := volumes.New(t.TempDir(), 0)
	all := []*mesospb.Resource{volume("web", "v")}
	if err := errors.Join(s.Change(nil, all), s.Change(all, nil), s.Change(nil, nil)); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Load(); len(kept) > 0 || err != nil {
		t.Errorf("it remembers %v: %v", kept, err)
	}
}
