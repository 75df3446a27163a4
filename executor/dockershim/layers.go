package dockershim

import (
	"context"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// layers holds how much each running container has written outside of its volumes.
// Measuring that means walking directories, so it happens once a minute, and only
// while the sizes are requested.
type layers struct {
	mu    sync.Mutex // guards all below
	sizes map[string]*runtimeapi.FilesystemUsage
	asked time.Time
}

// interest is how long sizes are measured after a request for them.
const interest = 3 * time.Minute

// usage returns the last measurement, nil before the first.
func (l *layers) usage(id string) *runtimeapi.FilesystemUsage {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = time.Now()
	return l.sizes[id]
}

func (l *layers) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.asked) < interest
}

func (l *layers) set(sizes map[string]*runtimeapi.FilesystemUsage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sizes = sizes
}

// measureLayers measures all running containers if the sizes are wanted. It needs a
// Docker storage driver that keeps a container's writes in their own directory, as
// overlay2 does; with others the sizes are unknown.
func (s *service) measureLayers(ctx context.Context) error {
	if !s.layers.wanted() {
		return nil
	}
	found, err := s.running(ctx, typeContainer, "", nil, "")
	if err != nil {
		return err
	}
	l, err := s.engine.dial(ctx)
	if err != nil {
		return err
	}
	sizes := map[string]*runtimeapi.FilesystemUsage{}
	for _, c := range found {
		dir, err := s.writableDir(ctx, c.ID)
		if gone(err) || err == nil && dir == "" {
			continue
		}
		if err != nil {
			return err
		}
		bytes, inodes := measure(ctx, dir)
		sizes[c.ID] = &runtimeapi.FilesystemUsage{
			Timestamp:  time.Now().UnixNano(),
			FsId:       &runtimeapi.FilesystemIdentifier{Mountpoint: l.root},
			UsedBytes:  &runtimeapi.UInt64Value{Value: bytes},
			InodesUsed: &runtimeapi.UInt64Value{Value: inodes},
		}
	}
	s.layers.set(sizes)
	return ctx.Err()
}

// writableDir returns the directory of a container's writes, or "" if it is unknown.
func (s *service) writableDir(ctx context.Context, id string) (string, error) {
	if dir, ok := s.writable.get(id); ok {
		return dir, nil
	}
	c, _, err := s.inspect(ctx, id)
	if err != nil || c.GraphDriver == nil {
		return "", err
	}
	dir := c.GraphDriver.Data["UpperDir"]
	s.writable.set(id, dir)
	return dir, nil
}

// measure returns the disk usage and the number of files under dir. Files come and go
// meanwhile; those that cannot be read are not counted.
func measure(ctx context.Context, dir string) (bytes, inodes uint64) {
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := entry.Info()
		if err != nil {
			return nil
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			const block = 512 // the unit of st_blocks, whatever the file system's own
			bytes += uint64(stat.Blocks) * block
			inodes++
		}
		return nil
	})
	return bytes, inodes
}
