package etcd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
)

// etcd ends the process when it cannot write. So its clients are to write no more
// while the disk has less than leastRoom, which etcd needs for the next segment of
// its log (64 MiB), and again when there is enoughRoom. What is written until then,
// and by deletions, finds blocks that the database has been given ahead.
const (
	leastRoom  = 128 << 20
	enoughRoom = 192 << 20
	ahead      = 32 << 20
	lookEvery  = 250 * time.Millisecond
)

// FullError says that the disk under etcd is too full to write.
type FullError struct {
	Dir  string
	Left uint64 // bytes
}

// Error names the directory, what is left there, and what is needed.
func (e *FullError) Error() string {
	return fmt.Sprintf("the disk of the data directory is full: %s has %d MiB left; nothing but deletions is accepted until %d MiB are free there",
		e.Dir, e.Left>>20, enoughRoom>>20)
}

// room watches the free space of a directory.
type room struct {
	dir  string
	free func(dir string) (uint64, error)
	full atomic.Pointer[FullError]
}

// Full returns a *FullError while etcd's disk is too full to write, and otherwise nil.
func (m *Member) Full() error {
	if e := m.room.full.Load(); e != nil {
		return e
	}
	return nil
}

// watch looks until ctx ends.
func (r *room) watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		r.look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look looks once, and logs a change.
func (r *room) look() {
	left, err := r.free(r.dir)
	if err != nil {
		glog.Warningf("etcd: the free space of %s cannot be told: %v", r.dir, err)
		return
	}
	before := r.full.Load()
	switch {
	case left < leastRoom, before != nil && left < enoughRoom:
		now := &FullError{r.dir, left}
		r.full.Store(now)
		if before == nil {
			glog.Errorf("etcd: %v", now)
		}
	default:
		r.full.Store(nil)
		if before != nil {
			glog.Infof("etcd: %s has %d MiB left: everything is accepted again", r.dir, left>>20)
		}
		allocate(filepath.Join(r.dir, "member", "snap", "db"))
	}
}

// freeSpace returns how much any user may still write to the file system of dir.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// allocate gives a database the blocks for what it holds and for what is to come.
// A file system that cannot does without.
func allocate(path string) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return // not there yet
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, info.Size()+ahead)
	}
}
