package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// fetcher brings the URIs of a command into its sandbox.
type fetcher struct {
	dir string // of the cache

	mu     sync.Mutex
	cached map[string]*cached // by user and URI
	claims int                // paths given out, including those of failures
}

// cached is a file in the cache; done is closed when it is there, or err says why
// not. It is never fetched again: a URI's content is not supposed to change.
type cached struct {
	done chan struct{}
	path string
	err  error
	left bool // it failed because the ctx of its fetch ended
}

func newFetcher(workDir string) *fetcher {
	return &fetcher{dir: filepath.Join(workDir, "fetch"), cached: map[string]*cached{}}
}

// fetch returns the paths it made, even if it fails.
func (f *fetcher) fetch(ctx context.Context, p plan, owner owner) (made []string, err error) {
	for _, u := range p.command.GetUris() {
		paths, err := f.fetchOne(ctx, p, u, owner)
		made = append(made, paths...)
		if err != nil {
			return made, fmt.Errorf("fetching %s: %w", u.GetValue(), err)
		}
	}
	return made, nil
}

func (f *fetcher) fetchOne(ctx context.Context, p plan, u *mesospb.CommandInfo_URI, owner owner) (made []string, err error) {
	name, err := targetName(u)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(p.directory, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return nil, err
	}
	source := u.GetValue()
	if u.GetCache() {
		if source, err = f.fromCache(ctx, p.user, source); err != nil {
			return nil, err
		}
	}
	if err := download(ctx, source, target); err != nil {
		return []string{target}, err
	}
	made = []string{target}
	switch {
	case u.GetExecutable():
		err = os.Chmod(target, 0o755)
	case u.GetExtract():
		err = extract(target, p.directory, owner)
	}
	if err == nil {
		err = owner.own(target)
	}
	return made, err
}

// targetName returns the name of the file in the sandbox: output_file, or the part
// after the last slash.
func targetName(u *mesospb.CommandInfo_URI) (string, error) {
	if strings.ContainsAny(u.GetValue(), "\\'\x00") {
		return "", fmt.Errorf("the URI contains a backslash, a quote or a NUL")
	}
	if name := u.GetOutputFile(); name != "" {
		if !filepath.IsLocal(name) {
			return "", fmt.Errorf("output_file %q leads out of the sandbox", name)
		}
		return name, nil
	}
	name := u.GetValue()[strings.LastIndex(u.GetValue(), "/")+1:]
	if !filepath.IsLocal(name) || name == "." {
		return "", fmt.Errorf("the URI ends in no file name")
	}
	return name, nil
}

// fromCache returns the path of a URI's content, fetched once for each user, and by
// one caller at a time. A failure is not kept. If it failed because that caller's
// ctx ended, one of the waiting callers fetches instead.
func (f *fetcher) fromCache(ctx context.Context, user, uri string) (string, error) {
	key := user + "\x00" + uri
	for {
		c, isNew := f.claim(key)
		if isNew {
			f.fill(ctx, key, uri, c)
			return c.path, c.err
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if !c.left || ctx.Err() != nil {
			return c.path, c.err
		}
	}
}

// claim returns the cache entry of a key, and reports whether it is new, so the
// caller must fill it. A path is never given out twice.
func (f *fetcher) claim(key string) (c *cached, isNew bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c = f.cached[key]; c != nil {
		return c, false
	}
	c = &cached{done: make(chan struct{}), path: filepath.Join(f.dir, fmt.Sprintf("c%07d", f.claims))}
	f.claims++
	f.cached[key] = c
	return c, true
}

// fill fetches a URI into its place in the cache.
func (f *fetcher) fill(ctx context.Context, key, uri string, c *cached) {
	defer close(c.done)
	if c.err = os.MkdirAll(f.dir, 0o755); c.err == nil {
		c.err = download(ctx, uri, c.path)
	}
	if c.err != nil {
		c.left = ctx.Err() != nil
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.cached, key)
	}
}

func removeFetched(paths []string) {
	for _, p := range paths {
		os.Remove(p)
	}
}
