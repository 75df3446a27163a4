package sysctls

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/hostlock"
)

const (
	members = "sysctls"        // the lock that all hold who need parameters
	turn    = "sysctls-change" // held while one changes parameters and their record
)

// scope is the parameters that the executors of a network namespace share, or those that all of
// the machine do.
type scope struct {
	locks  hostlock.Dir
	member *hostlock.Lock
	proc   string // where the kernel shows them
}

func join(ctx context.Context, locks hostlock.Dir) (*scope, error) {
	member, err := locks.Join(ctx, members)
	return &scope{locks: locks, member: member, proc: "/proc/sys"}, err
}

// change sets a parameter, and records what it was and what the patterns together match.
func (s *scope) change(ctx context.Context, name, value string, together []string) error {
	if now, err := s.read(name); err != nil || now == value {
		return err
	}
	lock, err := s.locks.Acquire(ctx, turn)
	if err != nil {
		return fmt.Errorf("kernel parameter %s: %w", name, err)
	}
	defer lock.Release()
	now, err := s.read(name)
	if err != nil || now == value { // another executor has been first
		return err
	}
	all, err := s.recorded()
	if err != nil {
		return err
	}
	all[name] = found{Was: now, Set: value, Also: s.match(together)}
	if err := s.write(all); err != nil { // first, as this process may be killed in between
		return err
	}
	return s.set(name, value)
}

// leave gives this executor's part up, see [Parameters.Leave].
func (s *scope) leave(ctx context.Context, ask func() (bool, []string, error)) error {
	return errors.Join(s.restoreAsLast(ctx, ask), s.member.Release())
}

func (s *scope) restoreAsLast(ctx context.Context, ask func() (bool, []string, error)) error {
	last, err := s.member.Last()
	if !last || err != nil {
		return err
	}
	restore, needed, err := ask()
	if !restore || err != nil {
		return err
	}
	return s.restore(ctx, needed)
}

func (s *scope) restore(ctx context.Context, needed []string) error {
	lock, err := s.locks.Acquire(ctx, turn)
	if err != nil {
		return fmt.Errorf("kernel parameters: %w", err)
	}
	defer lock.Release()
	all, err := s.recorded()
	if err != nil {
		return err
	}
	maps.DeleteFunc(all, func(name string, _ found) bool {
		return slices.ContainsFunc(needed, func(pattern string) bool {
			is, _ := path.Match(pattern, name) // patterns are constants
			return is
		})
	})
	var failed []error
	for name, f := range all {
		failed = append(failed, s.putBack(name, f))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	file, err := s.locks.Path(record)
	if err == nil {
		err = os.Remove(file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, s.locks.Remove(turn))
}

// putBack makes a parameter what it was, unless somebody else has changed it.
func (s *scope) putBack(name string, f found) error {
	now, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now != f.Set {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.set(name, f.Was); err != nil {
		return err
	}
	for other, was := range f.Also {
		if now, err := s.read(other); err != nil || now == was { // or of an interface that is gone
			continue
		}
		if err := s.set(other, was); err != nil {
			return err
		}
	}
	return nil
}

// match returns the values of the parameters that patterns match.
func (s *scope) match(patterns []string) map[string]string {
	all := map[string]string{}
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(filepath.Join(s.proc, pattern)) // patterns are constants
		for _, path := range paths {
			name := strings.TrimPrefix(path, s.proc+"/")
			if value, err := s.read(name); err == nil {
				all[name] = value
			}
		}
	}
	return all
}

func (s *scope) read(name string) (string, error) {
	value, err := os.ReadFile(filepath.Join(s.proc, name))
	return strings.TrimSpace(string(value)), err
}

func (s *scope) set(name, value string) error {
	return os.WriteFile(filepath.Join(s.proc, name), []byte(value), 0)
}
