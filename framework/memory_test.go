package framework

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// journal holds what was stored and sent, in order.
type journal struct {
	mu      sync.Mutex
	entries []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, fmt.Sprintf(format, args...))
}

func (j *journal) index(prefix string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, e := range j.entries {
		if strings.HasPrefix(e, prefix) {
			return i
		}
	}
	return -1
}

func (j *journal) count(prefix string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.entries {
		if strings.HasPrefix(e, prefix) {
			n++
		}
	}
	return n
}

// memory is a Store that can be told to fail.
type memory struct {
	journal *journal

	mu      sync.Mutex
	records map[string][]byte
	fail    func(changes []Change) error
}

func newMemory(j *journal) *memory { return &memory{journal: j, records: map[string][]byte{}} }

func (m *memory) Load(context.Context) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.records), nil
}

func (m *memory) Commit(_ context.Context, changes []Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(changes) > MaxChanges {
		return fmt.Errorf("%d changes in one transaction", len(changes))
	}
	if m.fail != nil {
		if err := m.fail(changes); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if c.Value == nil {
			delete(m.records, c.Key)
			m.journal.add("delete %s", c.Key)
		} else {
			m.records[c.Key] = c.Value
			m.journal.add("put %s", c.Key)
		}
	}
	return nil
}

func (m *memory) get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.records[key]
	return b, ok
}
