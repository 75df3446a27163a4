package fetcher

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// A cache holds fetched files by user and URI.
type cache struct {
	dir string

	mu      sync.Mutex
	entries map[string]*entry
	claims  int // paths given out, including those of failures
}

// An entry is a file in the cache; done is closed when it is there, or err says why
// not. It is never fetched again: a URI's content is not supposed to change.
type entry struct {
	done     chan struct{}
	path     string
	err      error
	canceled bool // it failed because the ctx of its fetch ended
}

// get returns the path of a URI's content, fetched once for each user, and by one
// caller at a time. A failure is not kept. If it failed because that caller's ctx
// ended, one of the waiting callers fetches instead.
func (c *cache) get(ctx context.Context, user, uri string) (string, error) {
	key := user + "\x00" + uri
	for {
		e, isNew := c.claim(key)
		if isNew {
			c.fill(ctx, key, uri, e)
			return e.path, e.err
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if !e.canceled || ctx.Err() != nil {
			return e.path, e.err
		}
	}
}

// claim returns the entry of a key, and reports whether it is new, so the caller must
// fill it. A path is never given out twice.
func (c *cache) claim(key string) (e *entry, isNew bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e = c.entries[key]; e != nil {
		return e, false
	}
	e = &entry{done: make(chan struct{}), path: filepath.Join(c.dir, fmt.Sprintf("c%07d", c.claims))}
	c.claims++
	c.entries[key] = e
	return e, true
}

// fill fetches a URI into its place in the cache.
func (c *cache) fill(ctx context.Context, key, uri string, e *entry) {
	defer close(e.done)
	if e.err = os.MkdirAll(c.dir, 0o755); e.err == nil {
		e.err = download(ctx, uri, e.path)
	}
	if e.err != nil {
		e.canceled = ctx.Err() != nil
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.entries, key)
	}
}
