// Package sysctls sets kernel parameters of a host for as long as executors need them. What
// the first executor found is put back by the last one, in a file next to their locks:
// several executors share it, and it outlives those that are killed.
//
// Before a parameter is changed its value is recorded. If somebody else changes it meanwhile,
// that is what is recorded at the next change, and what stays if there is none.
package sysctls

import (
	"context"
	"encoding/json"
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
	record  = "sysctls-found"
)

// Parameters are the kernel's parameters while an executor lives.
type Parameters struct {
	locks  hostlock.Dir
	member *hostlock.Lock
	proc   string // where the kernel shows them
}

// Join returns the parameters of this host. It waits while the last one before puts them back.
func Join(ctx context.Context, locks hostlock.Dir) (*Parameters, error) {
	member, err := locks.Join(ctx, members)
	if err != nil {
		return nil, fmt.Errorf("kernel parameters: %w", err)
	}
	return &Parameters{locks: locks, member: member, proc: "/proc/sys"}, nil
}

// found is what a parameter was before it was set.
type found struct {
	Was, Set string
	// Also are the values of other parameters, which the kernel changes together with this one.
	Also map[string]string `json:",omitempty"`
}

// Set gives a parameter, such as net/ipv4/ip_forward, a value. The kernel changes the
// parameters that the patterns match together with it.
func (p *Parameters) Set(ctx context.Context, name, value string, together ...string) error {
	if now, err := p.read(name); err != nil || now == value {
		return err
	}
	lock, err := p.locks.Acquire(ctx, turn)
	if err != nil {
		return fmt.Errorf("kernel parameter %s: %w", name, err)
	}
	defer lock.Release()
	now, err := p.read(name)
	if err != nil || now == value { // another executor has been first
		return err
	}
	all, err := p.recorded()
	if err != nil {
		return err
	}
	all[name] = found{Was: now, Set: value, Also: p.match(together)}
	if err := p.write(all); err != nil { // first, as this process may be killed in between
		return err
	}
	return p.set(name, value)
}

// Leave gives this executor's part up. The last one of the host puts back what others have
// not changed meanwhile. It asks first, when no other one can come or go: whether to restore, or
// leave it to another one as more than parameters is left on the host, and which parameters are
// needed still, as patterns of [path.Match]; these are forgotten.
func (p *Parameters) Leave(ctx context.Context, ask func() (restore bool, needed []string, err error)) error {
	return errors.Join(p.leave(ctx, ask), p.member.Release())
}

func (p *Parameters) leave(ctx context.Context, ask func() (bool, []string, error)) error {
	last, err := p.member.Last()
	if !last || err != nil {
		return err
	}
	restore, needed, err := ask()
	if !restore || err != nil {
		return err
	}
	return p.restore(ctx, needed)
}

func (p *Parameters) restore(ctx context.Context, needed []string) error {
	lock, err := p.locks.Acquire(ctx, turn)
	if err != nil {
		return fmt.Errorf("kernel parameters: %w", err)
	}
	defer lock.Release()
	all, err := p.recorded()
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
		failed = append(failed, p.putBack(name, f))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	file, err := p.locks.Path(record)
	if err == nil {
		err = os.Remove(file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, p.locks.Remove(turn))
}

// putBack makes a parameter what it was, unless somebody else has changed it.
func (p *Parameters) putBack(name string, f found) error {
	now, err := p.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now != f.Set {
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.set(name, f.Was); err != nil {
		return err
	}
	for other, was := range f.Also {
		if now, err := p.read(other); err != nil || now == was { // or of an interface that is gone
			continue
		}
		if err := p.set(other, was); err != nil {
			return err
		}
	}
	return nil
}

// match returns the values of the parameters that patterns match.
func (p *Parameters) match(patterns []string) map[string]string {
	all := map[string]string{}
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(filepath.Join(p.proc, pattern)) // patterns are constants
		for _, path := range paths {
			name := strings.TrimPrefix(path, p.proc+"/")
			if value, err := p.read(name); err == nil {
				all[name] = value
			}
		}
	}
	return all
}

func (p *Parameters) read(name string) (string, error) {
	value, err := os.ReadFile(filepath.Join(p.proc, name))
	return strings.TrimSpace(string(value)), err
}

func (p *Parameters) set(name, value string) error {
	return os.WriteFile(filepath.Join(p.proc, name), []byte(value), 0)
}

// recorded returns the record, by parameters.
func (p *Parameters) recorded() (map[string]found, error) {
	all := map[string]found{}
	path, err := p.locks.Path(record)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("the record of kernel parameters %s: %w: remove it", path, err)
	}
	return all, nil
}

// write replaces the record at once.
func (p *Parameters) write(all map[string]found) error {
	path, err := p.locks.Path(record)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = os.WriteFile(path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("the record of kernel parameters: %w", err)
	}
	return nil
}
