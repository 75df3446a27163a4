package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// leftovers removes what dead executors have left on this host. An agent that comes
// back under another id (its machine was replaced, its recovery failed) gets a new
// executor. If the old one died, nothing cleans up for it: its containers keep running,
// its volumes stay mounted. So every executor cleans the directories of other agents
// whose executor, of the same framework, is certainly gone.
type leftovers struct {
	rootDir string
	docker  string
	owner   dockershim.Owner // ours, which is left alone
	grace   time.Duration
	log     logr.Logger
	cniBin  string               // directory of CNI's plugins, if not the usual one
	since   map[string]time.Time // by a lock's path: when it was first found without an executor
}

// leftoverGrace is how long an executor must have been gone: as long as Mesos waits
// for an agent to recover (--recovery_timeout), which would start a new executor.
const leftoverGrace = 15 * time.Minute

func newLeftovers(rootDir, docker string, owner dockershim.Owner, log logr.Logger) *leftovers {
	return &leftovers{rootDir: rootDir, docker: docker, owner: owner, grace: leftoverGrace, log: log, since: map[string]time.Time{}}
}

// run removes once a minute, until ctx ends.
func (l *leftovers) run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		removed, err := l.removeExpired(ctx, time.Now())
		if err != nil && ctx.Err() == nil {
			l.log.Error(err, "removing what dead executors have left")
		}
		for _, agent := range removed {
			l.log.Info("removed what a dead executor has left", "agent", agent)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// removeExpired removes what is left of agents whose executor has been gone for the grace
// time, and returns their ids.
func (l *leftovers) removeExpired(ctx context.Context, now time.Time) (removed []string, err error) {
	files, err := filepath.Glob(filepath.Join(l.rootDir, "*"+lockSuffix))
	if err != nil {
		return nil, err
	}
	var errs []error
	gone := map[string]time.Time{}
	for _, path := range files {
		owner, err := readOwner(path)
		if err != nil || owner == l.owner || owner.Framework != l.owner.Framework {
			continue
		}
		held, err := tryLock(path, owner, false)
		if err != nil {
			continue // an executor lives there
		}
		first, known := l.since[path]
		switch {
		case !known:
			gone[path] = now
			held.release()
		case now.Sub(first) < l.grace:
			gone[path] = first
			held.release()
		default:
			if err := l.remove(ctx, owner, held); err != nil {
				gone[path] = first
				errs = append(errs, fmt.Errorf("agent %s: %w", owner.Agent, err))
				continue
			}
			removed = append(removed, owner.Agent)
		}
	}
	l.since = gone
	return removed, errors.Join(errs...)
}

// remove removes the containers, mounts and files of an agent. An executor that
// starts there meanwhile waits for the lock.
func (l *leftovers) remove(ctx context.Context, owner dockershim.Owner, held *lock) error {
	defer held.release()
	path := held.file.Name()
	root := strings.TrimSuffix(path, lockSuffix)
	detached := detachCNI(ctx, root, l.cniBin)
	if err := errors.Join(dockershim.RemoveAll(ctx, l.docker, owner), detached); err != nil {
		return err
	}
	if err := removeNetworkOf(ctx, owner); err != nil {
		return err
	}
	if err := removeTree(root); err != nil {
		return err
	}
	return os.Remove(path)
}
