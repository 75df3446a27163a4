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

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockerd"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim"
)

// leftovers removes what dead executors have left on this host. An agent that comes
// back under another id (its machine was replaced, its recovery failed) gets a new
// executor. If the old one died, nothing cleans up for it: its containers keep running,
// its volumes stay mounted. So every executor cleans the directories of other agents
// whose executor is certainly gone: one of the same framework with its containers, one of
// another framework if it has no container any more.
type leftovers struct {
	rootDir string
	docker  string
	locks   string           // directory of locks, "" if there is none
	owner   dockershim.Owner // ours, which is left alone
	grace   time.Duration
	log     logr.Logger
	cniBin  string // directory of CNI's plugins, if not the usual one
	gone    goneSince
}

// leftoverGrace is how long an executor must have been gone: as long as Mesos waits
// for an agent to recover (--recovery_timeout), which would start a new executor.
const leftoverGrace = 15 * time.Minute

func newLeftovers(rootDir, docker string, owner dockershim.Owner, log logr.Logger) *leftovers {
	return &leftovers{rootDir: rootDir, docker: docker, owner: owner, grace: leftoverGrace, log: log, gone: goneSince{}}
}

// run removes once a minute, until ctx ends.
func (l *leftovers) run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		removed, err := l.removeExpired(ctx, uptime())
		if err != nil && ctx.Err() == nil {
			l.log.Error(err, "removing what dead executors have left")
		}
		for _, owner := range removed {
			l.log.Info("removed what a dead executor has left", "agent", owner.Agent, "framework", owner.Framework)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// removeExpired removes what is left of agents whose executor has been gone for the grace
// time, and returns whose that was.
func (l *leftovers) removeExpired(ctx context.Context, now time.Duration) (removed []dockershim.Owner, err error) {
	files, err := filepath.Glob(filepath.Join(l.rootDir, "*"+lockSuffix))
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, path := range files {
		owner, err := readOwner(path)
		if err != nil || owner == l.owner {
			continue
		}
		held, err := tryLock(path, owner, false)
		if err != nil {
			l.gone.forget(path) // an executor lives there
			continue
		}
		done, err := l.removeGone(ctx, owner, strings.TrimSuffix(path, lockSuffix), now)
		if done && err == nil {
			removed, err = append(removed, owner), os.Remove(path)
		}
		held.release()
		if err != nil {
			errs = append(errs, fmt.Errorf("agent %s: %w", owner.Agent, err))
		}
	}
	return removed, errors.Join(errs...)
}

// removeGone removes what an executor has left in and around its directory, if that is due.
func (l *leftovers) removeGone(ctx context.Context, owner dockershim.Owner, root string, now time.Duration) (done bool, err error) {
	if now-l.gone.first(root+lockSuffix, now) < l.grace {
		return false, nil
	}
	if owner.Framework != l.owner.Framework {
		if deserted, err := l.deserted(ctx, owner, root); !deserted {
			return false, err
		}
	}
	return true, l.remove(ctx, owner, root)
}

// deserted reports whether an executor of another framework has no container any more. An
// executor that uses another Docker, or does not say which, may have some.
func (l *leftovers) deserted(ctx context.Context, owner dockershim.Owner, root string) (bool, error) {
	endpoint, err := os.ReadFile(filepath.Join(root, dockerFile))
	if err != nil || string(endpoint) != dockerd.Endpoint(l.docker) {
		return false, nil
	}
	left, err := dockershim.Count(ctx, l.docker, owner)
	return left == 0 && err == nil, err
}

// remove removes the containers, mounts and files of an agent. An executor that
// starts there meanwhile waits for the lock.
func (l *leftovers) remove(ctx context.Context, owner dockershim.Owner, root string) error {
	detached := detachCNI(ctx, root, l.cniBin)
	if err := errors.Join(dockershim.RemoveAll(ctx, l.docker, owner), detached); err != nil {
		return err
	}
	if err := l.removeNetwork(ctx, owner); err != nil {
		return err
	}
	return removeTree(root)
}

// removeNetwork removes an agent's network within a deadline, as others wait for its lock.
func (l *leftovers) removeNetwork(ctx context.Context, owner dockershim.Owner) error {
	ctx, cancel := context.WithTimeout(ctx, networkRemoval)
	defer cancel()
	return errors.Join(removeNetworkOf(ctx, owner), removeShared(ctx, l.locks, owner.Framework))
}
