package etcd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sys/unix"
)

// etcd ends the process when it cannot write. So its clients must stop writing when
// the disk has less than leastRoom, which etcd needs for the next segment of its log
// (64 MiB), until it has enoughRoom again. What is written before they stop, and by
// deletions, uses blocks allocated to the database in advance.
const (
	leastRoom  = 128 << 20
	enoughRoom = 192 << 20
	ahead      = 32 << 20
	lookEvery  = 250 * time.Millisecond
)

// FullError reports that etcd's disk is too full to write.
type FullError struct {
	Dir  string
	Left uint64 // bytes
}

// Error names the directory, the space left there, and the space needed.
func (e *FullError) Error() string {
	return fmt.Sprintf("the disk of the data directory is full: %s has %d MiB left; nothing but deletions is accepted until %d MiB are free there",
		e.Dir, e.Left>>20, enoughRoom>>20)
}

// room watches the free space of a directory.
type room struct {
	dir  string
	free func(dir string) (uint64, error)
	log  logr.Logger
	full atomic.Pointer[FullError]
}

// Full returns a *FullError while etcd's disk is too full to write, otherwise nil.
func (m *Member) Full() error {
	if e := m.room.full.Load(); e != nil {
		return e
	}
	return nil
}

// watch checks the space periodically until ctx ends.
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

// look checks the space once, and logs a change.
func (r *room) look() {
	left, err := r.free(r.dir)
	if err != nil {
		r.log.Error(err, "the free space is not known", "directory", r.dir)
		return
	}
	before := r.full.Load()
	switch {
	case left < leastRoom, before != nil && left < enoughRoom:
		now := &FullError{r.dir, left}
		r.full.Store(now)
		if before == nil {
			r.log.Error(now, "read-only")
		}
	default:
		r.full.Store(nil)
		if before != nil {
			r.log.Info("there is space again: everything is accepted", "directory", r.dir, "MiB", left>>20)
		}
		allocate(filepath.Join(r.dir, "member", "snap", "db"))
	}
}

// freeSpace returns how much an unprivileged user may still write to dir's file system.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// allocate reserves blocks for what a database holds and for what is to come. It
// does nothing on a file system that does not support this.
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
