// Package volumes is what an agent has on its disk of reservations and persistent volumes:
// a directory for each volume, laid out as Mesos does, and a list of what is reserved,
// which outlives the agent's process.
package volumes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// A Store is the part of an agent's work directory that its executors do not own. Several
// agents may have one directory, if no two have volumes of the same role and id.
type Store struct {
	workDir string
	agent   int
}

// New returns the Store of an agent of that number in a work directory.
func New(workDir string, agent int) *Store { return &Store{filepath.Clean(workDir), agent} }

// Path returns the directory of a persistent volume.
func (s *Store) Path(volume *mesospb.Resource) string {
	role := strings.ReplaceAll(resources.Role(volume), "/", " ") // as Mesos writes a role of several parts
	return filepath.Join(s.workDir, "volumes", "roles", role, resources.VolumeID(volume))
}

func (s *Store) list() string {
	return filepath.Join(s.workDir, "meta", "resources", fmt.Sprintf("agent-%d", s.agent+1))
}

// Load returns what was reserved when the agent last ran.
func (s *Store) Load() ([]*mesospb.Resource, error) {
	b, err := os.ReadFile(s.list())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var kept mesospb.Offer_Operation_Reserve
	if err == nil && len(b) == 0 {
		err = errors.New("it is empty: put back an older one, or remove it to forget what was reserved")
	}
	if err == nil {
		err = proto.Unmarshal(b, &kept)
	}
	if err != nil {
		return nil, fmt.Errorf("reserved resources and volumes: list %s: %w", s.list(), err)
	}
	return kept.Resources, nil
}

// Change makes directories of new volumes, records what is reserved now, and then removes
// the directories of volumes that are no more, with what is in them.
func (s *Store) Change(before, after []*mesospb.Resource) error {
	was, is := s.paths(before), s.paths(after)
	for path := range is {
		if err := s.makeDir(path); err != nil {
			return fmt.Errorf("persistent volume: %w", err)
		}
	}
	if err := s.record(after); err != nil {
		return fmt.Errorf("reserved resources and volumes: %w", err)
	}
	for path := range was {
		if !is[path] {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("persistent volume: %w", err)
			}
		}
	}
	return nil
}

func (s *Store) paths(rs []*mesospb.Resource) map[string]bool {
	out := map[string]bool{}
	for _, r := range rs {
		if resources.VolumeID(r) != "" {
			out[s.Path(r)] = true
		}
	}
	return out
}

// record replaces the list, at once and for good. There is none of nothing.
func (s *Store) record(rs []*mesospb.Resource) error {
	dir := filepath.Dir(s.list())
	if err := s.makeDir(dir); err != nil {
		return err
	}
	if len(rs) == 0 {
		if err := os.Remove(s.list()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return sync(dir)
	}
	b, err := proto.Marshal(&mesospb.Offer_Operation_Reserve{Resources: rs})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.list()+".new", b, 0o644); err != nil {
		return err
	}
	if err := sync(s.list() + ".new"); err != nil {
		return err
	}
	if err := os.Rename(s.list()+".new", s.list()); err != nil {
		return err
	}
	return sync(dir)
}

// Link makes the volumes among the resources of a task appear in the sandbox of its
// executor.
func (s *Store) Link(sandbox string, rs []*mesospb.Resource) error {
	for _, r := range rs {
		if resources.VolumeID(r) == "" {
			continue
		}
		link := filepath.Join(sandbox, r.Disk.Volume.GetContainerPath())
		if target, err := os.Readlink(link); err == nil && target == s.Path(r) {
			continue
		}
		err := own(s.Path(r), sandbox)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(link), 0o755)
		}
		if err == nil {
			err = os.Symlink(s.Path(r), link)
		}
		if err != nil {
			return fmt.Errorf("persistent volume: %w", err)
		}
	}
	return nil
}

// own gives a volume to the owner of the sandbox, if that is another one.
func own(volume, sandbox string) error {
	var is, want syscall.Stat_t
	if err := errors.Join(syscall.Stat(volume, &is), syscall.Stat(sandbox, &want)); err != nil {
		return fmt.Errorf("%s: %w", volume, err)
	}
	if is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	return os.Chown(volume, int(want.Uid), int(want.Gid))
}

// Unlink removes what [Store.Link] made.
func (s *Store) Unlink(sandbox string, rs []*mesospb.Resource) {
	for _, r := range rs {
		if resources.VolumeID(r) == "" {
			continue
		}
		link := filepath.Join(sandbox, r.Disk.Volume.GetContainerPath())
		if target, err := os.Readlink(link); err == nil && target == s.Path(r) {
			os.Remove(link)
		}
	}
}
