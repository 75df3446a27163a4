package dockershim

import (
	"context"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// layers holds how much each running container has written outside of its volumes.
// Measuring that means walking directories, so it happens once a minute, and only
// while the sizes are requested.
type layers struct {
	inventory *inventory
	writable  cache[string] // directory of a container's writes, by its id

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

// measure measures all running containers if the sizes are wanted. It needs a
// Docker storage driver that keeps a container's writes in their own directory, as
// overlay2 does; with others the sizes are unknown.
func (l *layers) measure(ctx context.Context) error {
	if !l.wanted() {
		return nil
	}
	found, err := l.inventory.running(ctx, spec.TypeContainer, "", nil, "")
	if err != nil {
		return err
	}
	d, err := l.inventory.engine.Daemon(ctx)
	if err != nil {
		return err
	}
	sizes := map[string]*runtimeapi.FilesystemUsage{}
	for _, c := range found {
		dir, err := l.writableDir(ctx, c.ID)
		if gone(err) || err == nil && dir == "" {
			continue
		}
		if err != nil {
			return err
		}
		bytes, inodes := diskUsage(ctx, dir)
		sizes[c.ID] = &runtimeapi.FilesystemUsage{
			Timestamp:  time.Now().UnixNano(),
			FsId:       &runtimeapi.FilesystemIdentifier{Mountpoint: d.Root},
			UsedBytes:  &runtimeapi.UInt64Value{Value: bytes},
			InodesUsed: &runtimeapi.UInt64Value{Value: inodes},
		}
	}
	l.set(sizes)
	return ctx.Err()
}

// run measures every minute, if the sizes are wanted, until ctx ends.
func (l *layers) run(ctx context.Context, log logr.Logger) {
	everyMinute(ctx, func() {
		if err := l.measure(ctx); err != nil {
			log.Error(err, "measuring what containers have written")
		}
	})
}

// writableDir returns the directory of a container's writes, or "" if it is unknown.
func (l *layers) writableDir(ctx context.Context, id string) (string, error) {
	if dir, ok := l.writable.get(id); ok {
		return dir, nil
	}
	c, _, err := l.inventory.inspect(ctx, id)
	if err != nil || c.GraphDriver == nil {
		return "", err
	}
	dir := c.GraphDriver.Data["UpperDir"]
	l.writable.set(id, dir)
	return dir, nil
}

// diskUsage returns the disk usage and the number of files under dir. Files come and go
// meanwhile; those that cannot be read are not counted.
func diskUsage(ctx context.Context, dir string) (bytes, inodes uint64) {
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
