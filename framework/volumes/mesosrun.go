package volumes

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/records"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// Run implements [Space].
func (m *Mesos) Run(ctx context.Context, changed func(volume string)) error {
	m.mu.Lock()
	m.take(m.state.Begin())
	m.mu.Unlock()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := errors.Join(m.store(ctx), m.findPaths(ctx)); err != nil && ctx.Err() == nil {
			m.cfg.Log.Error(err, "persistent volumes of Mesos are looked after again", "in", time.Second)
		}
		for _, name := range m.news() {
			changed(name)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
		case <-tick.C:
			m.ask(time.Now())
		}
	}
}

// news returns the volumes that have changed since the last time.
func (m *Mesos) news() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := m.changed
	m.changed = nil
	return names
}

// ask wants offers while something is to be done: nothing else may bring any.
func (m *Mesos) ask(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.state.Busy() || len(m.unstored) > 0 || now.Before(m.askAt) {
		return
	}
	m.asked++
	m.askAt = now.Add(askOften)
	if m.asked > often {
		m.askAt = now.Add(askSeldom)
	}
	signal(m.needed)
}

// store puts on record what has changed.
func (m *Mesos) store(ctx context.Context) error {
	for {
		m.mu.Lock()
		batch, keys := []records.Change{}, map[string]bool{}
		for _, c := range m.unstored {
			if keys[c.Key] || len(batch) == records.MaxChanges {
				break
			}
			keys[c.Key] = true
			batch = append(batch, c)
		}
		m.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		if err := m.cfg.Store.Commit(ctx, batch); err != nil {
			return fmt.Errorf("records of volumes: %w", err)
		}
		m.mu.Lock()
		m.unstored = m.unstored[len(batch):]
		m.mu.Unlock()
	}
}

// findPaths finds where volumes are that were made: their nodes' executors tell where their
// agents work.
func (m *Mesos) findPaths(ctx context.Context) (problems error) {
	m.mu.Lock()
	sought := map[string]string{}
	for name, node := range m.sought {
		sought[name] = node
	}
	m.mu.Unlock()
	for name, node := range sought {
		n, err := m.cfg.Client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("node %s: %w", node, err))
			continue
		}
		dir := n.Annotations[taskdata.WorkDirAnnotation]
		if dir == "" {
			continue // until its executor has said so
		}
		m.mu.Lock()
		if _, still := m.sought[name]; still {
			delete(m.sought, name)
			m.paths[name] = filepath.Join(dir, "volumes", "roles", strings.ReplaceAll(m.cfg.Volume.Role, "/", " "), name)
			m.changed = append(m.changed, name)
		}
		m.mu.Unlock()
	}
	return problems
}
