package volumes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Owner tells whose volumes they are: a host may have executors of several clusters, and
// of several agents.
type Owner struct {
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
}

// about is what is known of a volume, in its volume.json.
type about struct {
	Owner
	Bytes int64  `json:"bytes"`
	From  string `json:"from,omitempty"` // the volume of which it is a copy
	// Handed says that a claim has it: it is removed on demand only.
	Handed bool `json:"handed,omitempty"`
}

const (
	aboutFile = "volume.json"
	dataDir   = "data"

	// What precedes the name of a volume that is not complete yet, or not any more.
	newPrefix  = ".new-"
	gonePrefix = ".gone-"
)

var validName = regexp.MustCompile(`^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// Store is a directory of volumes, as seen by one node.
type Store struct {
	dir     string
	root    *os.Root
	owner   Owner
	changed func()
	log     logr.Logger

	running sync.WaitGroup // of works

	mu    sync.Mutex
	works map[string]*work // by the name of the volume
}

// Open opens a directory of volumes, which it makes if there is none. changed is called when
// something has become of a volume between two calls of Keep.
func Open(dir string, owner Owner, changed func(), log logr.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("directory of volumes: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("directory of volumes: %w", err)
	}
	return &Store{dir: dir, root: root, owner: owner, changed: changed, log: log, works: map[string]*work{}}, nil
}

// Close waits until nothing is done any more. The contexts of Keep have ended.
func (s *Store) Close() error {
	s.running.Wait()
	return s.root.Close()
}

// Keep makes and removes volumes as the framework wants, and returns what has become of
// each. What takes long goes on after it, until ctx ends.
func (s *Store) Keep(ctx context.Context, wanted []taskdata.WantedVolume) []taskdata.Volume {
	known := map[string]bool{}
	var all []taskdata.Volume
	for _, w := range wanted {
		known[w.Name] = true
		all = append(all, s.keep(ctx, w))
	}
	s.tidy(ctx, known)
	return all
}

func (s *Store) keep(ctx context.Context, w taskdata.WantedVolume) taskdata.Volume {
	v := taskdata.Volume{Name: w.Name}
	var err error
	switch {
	case !validName.MatchString(w.Name):
		err = errors.New("it has no name of a volume of ours")
	case w.Remove:
		v.Removed, err = s.remove(ctx, w.Name)
	default:
		err = s.have(ctx, w, &v)
	}
	if err != nil {
		v.Error = err.Error()
	}
	return v
}

// have makes the volume if there is none, and lets it grow.
func (s *Store) have(ctx context.Context, w taskdata.WantedVolume, v *taskdata.Volume) error {
	is, err := s.about(w.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && w.Made:
		return fmt.Errorf("its directory %s is gone, and with it its data", filepath.Join(s.dir, w.Name))
	case errors.Is(err, fs.ErrNotExist) && w.From != "":
		return s.startCopy(ctx, w)
	case errors.Is(err, fs.ErrNotExist) && s.isBegun(w.Name):
		return nil // what is left of another attempt is being removed
	case errors.Is(err, fs.ErrNotExist):
		if err := s.make(w); err != nil {
			return err
		}
		is = s.newAbout(w)
	case err != nil:
		return err
	case w.From != is.From && !w.Made:
		return fmt.Errorf("it is there already as a copy of %q, not of %q", is.From, w.From)
	}
	v.Path, v.Bytes = filepath.Join(s.dir, w.Name, dataDir), is.Bytes
	if w.Made && !is.Handed {
		is.Handed = true
		if err := s.write(w.Name, is); err != nil {
			return fmt.Errorf("that a claim has it cannot be noted: %w", err)
		}
	}
	if w.Bytes > is.Bytes {
		if err = s.hasSpace(w.Bytes - is.Bytes); err == nil {
			is.Bytes = w.Bytes
			err = s.write(w.Name, is)
		}
		if err != nil {
			return fmt.Errorf("it cannot grow: %w", err)
		}
		v.Bytes = w.Bytes
	}
	if err := s.limit(w.Name, w.Name, v.Bytes); err != nil {
		v.Unlimited = err.Error()
	}
	return nil
}

// newAbout returns what is known of a volume that is new.
func (s *Store) newAbout(w taskdata.WantedVolume) about {
	return about{Owner: s.owner, Bytes: w.Bytes, From: w.From}
}

// make makes an empty volume.
func (s *Store) make(w taskdata.WantedVolume) error {
	if err := s.prepare(w); err != nil {
		return err
	}
	return s.complete(w.Name)
}

// prepare makes what is not a volume yet.
func (s *Store) prepare(w taskdata.WantedVolume) error {
	if err := s.hasSpace(w.Bytes); err != nil {
		return err
	}
	name := newPrefix + w.Name
	if err := s.root.RemoveAll(name); err != nil { // of an executor that has ended
		return err
	}
	if err := s.root.Mkdir(name, 0o750); err != nil {
		return err
	}
	if err := s.write(name, s.newAbout(w)); err != nil {
		return err
	}
	data := filepath.Join(name, dataDir)
	if err := s.root.Mkdir(data, 0o777); err != nil {
		return err
	}
	if err := s.root.Chmod(data, 0o777); err != nil { // whoever a container runs as; the umask may differ
		return err
	}
	_ = s.limit(name, w.Name, w.Bytes) // whether it is limited is told when it is complete
	return nil
}

// limit has the file system keep the size of a volume, whose directory is dir.
func (s *Store) limit(dir, name string, bytes int64) error {
	content, err := s.root.OpenFile(filepath.Join(dir, dataDir), os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer content.Close()
	return limit(content, name, bytes, s.isEmpty(dir))
}

// complete makes a volume of it, which stays even if the machine loses its power next.
func (s *Store) complete(name string) error {
	if err := s.sync(newPrefix + name); err != nil {
		return err
	}
	if err := s.root.Rename(newPrefix+name, name); err != nil {
		return err
	}
	return s.sync(".")
}

// sync has the disk know a file, or which files a directory has.
func (s *Store) sync(name string) error {
	f, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncAll has the disk know all files of the file system.
func (s *Store) syncAll() error {
	f, err := s.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}

// write notes what is known of a volume, for good.
func (s *Store) write(name string, a about) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	file := filepath.Join(name, aboutFile)
	if err := s.root.WriteFile(file+".new", b, 0o640); err != nil {
		return err
	}
	if err := s.sync(file + ".new"); err != nil {
		return err
	}
	if err := s.root.Rename(file+".new", file); err != nil {
		return err
	}
	return s.sync(name)
}

// about returns what is known of a volume. The error is fs.ErrNotExist if there is none.
func (s *Store) about(name string) (a about, err error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return a, err
	}
	if !info.IsDir() {
		return a, fmt.Errorf("%s is no directory", filepath.Join(s.dir, name))
	}
	b, err := s.root.ReadFile(filepath.Join(name, aboutFile))
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	switch {
	case err != nil:
		return a, fmt.Errorf("%s is no volume of ours: %v", filepath.Join(s.dir, name), err)
	case a.Owner != s.owner:
		return a, fmt.Errorf("%s is a volume of node %s of cluster %s", filepath.Join(s.dir, name), a.Node, a.Cluster)
	}
	return a, nil
}

// hasSpace returns an error if the file system has not that much space left.
func (s *Store) hasSpace(bytes int64) error {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return fmt.Errorf("the space of %s: %w", s.dir, err)
	}
	if free := int64(st.Bavail) * st.Bsize; free < bytes {
		return fmt.Errorf("the file system of %s has %d MiB left, and %d MiB are needed", s.dir, free>>20, (bytes+1<<20-1)>>20)
	}
	return nil
}

// remove removes a volume and its data, and reports whether they are gone.
func (s *Store) remove(ctx context.Context, name string) (gone bool, err error) {
	switch _, err := s.about(name); {
	case err == nil:
		if err := s.root.Rename(name, gonePrefix+name); err != nil {
			return false, err
		}
		if err := s.sync("."); err != nil { // half of it must not be a volume after a power loss
			return false, err
		}
		s.log.Info("removing a volume", "volume", name)
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	return s.clear(ctx, name)
}

// clear removes what is not a volume yet, or not any more, and reports whether nothing of it
// is left. It ends what fills it.
func (s *Store) clear(ctx context.Context, name string) (gone bool, err error) {
	if s.endCopy(name) {
		return false, nil
	}
	for _, prefix := range []string{newPrefix, gonePrefix} {
		if _, err := s.root.Lstat(prefix + name); err == nil {
			return false, s.begin(ctx, name, removal, func(context.Context) error { return s.erase(prefix + name) })
		}
	}
	return true, nil
}

// erase removes a directory. What says whose it is goes last: a removal that is cut short
// is gone on with by the next executor.
func (s *Store) erase(dir string) error {
	if err := s.root.RemoveAll(filepath.Join(dir, dataDir)); err != nil {
		return err
	}
	return s.root.RemoveAll(dir)
}

// tidy removes what executors before this one have left unfinished, and volumes that were
// made for nobody: those that the framework does not know, that no claim has had, and that
// are empty or copies. The list may be wrong, as when somebody has cleared the annotation.
func (s *Store) tidy(ctx context.Context, known map[string]bool) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		s.log.Error(err, "the directory of volumes cannot be read")
		return
	}
	for _, e := range entries {
		name := e.Name()
		base := strings.TrimPrefix(strings.TrimPrefix(name, newPrefix), gonePrefix)
		if known[base] || !validName.MatchString(base) {
			continue
		}
		is, err := s.about(name)
		if err != nil {
			continue // another node's
		}
		if name == base {
			if is.Handed || is.From == "" && !s.isEmpty(name) {
				continue // retained, or of a framework that has forgotten it: not ours to judge
			}
			_, err = s.remove(ctx, base)
		} else {
			_, err = s.clear(ctx, base)
		}
		if err != nil {
			s.log.Error(err, "what is left of a volume cannot be removed", "volume", name)
		}
	}
}

func (s *Store) isEmpty(name string) bool {
	entries, err := fs.ReadDir(s.root.FS(), filepath.Join(name, dataDir))
	return err == nil && len(entries) == 0
}
