package dockershim

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// listed is one of our containers as Docker lists it.
type listed struct {
	docker.APIContainers
	record spec.Record
}

// listing is the cached lists (see "Lists" in the package comment): that of all our containers,
// and those of single pods. Their items are never written to.
type listing struct {
	oldest time.Duration // how old a returned list may be

	mu      sync.Mutex          // guards all below
	changes uint64              // counts possible changes of containers
	watched bool                // events are being read
	pending int                 // changes that Docker has announced and lists may not show yet
	lists   map[string]keptList // by the labels of their containers, "" for all
}

// keptList is a list that was read before.
type keptList struct {
	items []*listed
	asked time.Time // when it was requested
}

// oldestList is how long a list is returned without asking Docker again: Docker
// drops events for a slow reader.
const oldestList = 10 * time.Second

// get returns a list that has all our containers with these labels, the changes to pass to
// keep, and whether the list is current.
func (l *listing) get(labels ...string) (items []*listed, changes uint64, current bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range []string{"", listKey(labels)} {
		if kept, found := l.lists[key]; found && time.Since(kept.asked) < l.oldest {
			return kept.items, l.changes, true
		}
	}
	return nil, l.changes, false
}

// keep caches the list of our containers with these labels, which was requested after get
// returned changes, unless something has changed since.
func (l *listing) keep(items []*listed, changes uint64, asked time.Time, labels ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.watched || l.pending > 0 || l.changes != changes {
		return
	}
	if l.lists == nil {
		l.lists = map[string]keptList{}
	}
	l.lists[listKey(labels)] = keptList{items, asked}
}

func listKey(labels []string) string { return strings.Join(labels, ",") }

// invalidate drops the lists, and any list being read.
func (l *listing) invalidate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

// setWatched records whether events are being read from now on.
func (l *listing) setWatched(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watched = on
	l.drop()
}

// invalidatePending prevents caching until settled is called.
func (l *listing) invalidatePending() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending++
	l.drop()
}

func (l *listing) settled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending--
	l.drop()
}

func (l *listing) drop() {
	l.changes++
	clear(l.lists)
}

// look returns our containers of a type that also have these labels, as Docker knew
// them a moment ago.
func (v *inventory) look(ctx context.Context, kind string, labels ...string) ([]*listed, error) {
	all, changes, current := v.listing.get(labels...)
	if !current {
		asked := time.Now()
		var err error
		if all, err = v.readList(ctx, labels); err != nil {
			return nil, err
		}
		v.listing.keep(all, changes, asked, labels...)
	}
	var some []*listed
	for _, c := range all {
		if c.record.Type == kind && hasAll(c.Labels, labels) {
			some = append(some, c)
		}
	}
	return some, nil
}

// running lists our running containers of a type that a filter selects.
func (v *inventory) running(ctx context.Context, kind, id string, selector map[string]string, sandbox string) ([]*listed, error) {
	found, err := v.look(ctx, kind, selection(selector, sandbox)...)
	return slices.DeleteFunc(found, func(c *listed) bool {
		return c.State != "running" || !c.selected(id, selector)
	}), err
}

// readList reads our containers of both types from Docker.
func (v *inventory) readList(ctx context.Context, labels []string) ([]*listed, error) {
	found, err := v.list(ctx, nil, labels...)
	if err != nil {
		return nil, err
	}
	all := make([]*listed, 0, len(found))
	for _, c := range found {
		if r, ours := v.owner.Read(c.Labels); ours {
			v.known.set(c.ID, r)
			all = append(all, &listed{c, r})
		}
	}
	return all, nil
}

// hasAll reports whether labels has all wanted ones, each key=value.
func hasAll(labels map[string]string, wanted []string) bool {
	for _, w := range wanted {
		if key, value, _ := strings.Cut(w, "="); labels[key] != value {
			return false
		}
	}
	return true
}
