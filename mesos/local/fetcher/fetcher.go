// Package fetcher brings the URIs of a command into a directory, as the fetcher of a Mesos
// agent does: local paths, file, http and https, through a cache if the URI asks for it.
// It is safe for concurrent use and does not extract archives.
package fetcher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A Fetcher fetches files and owns a cache of them.
type Fetcher struct{ cache cache }

// New returns a Fetcher whose cache is in dir, which it makes when it needs it.
func New(dir string) *Fetcher {
	return &Fetcher{cache{dir: dir, entries: map[string]*entry{}}}
}

// A Request says what to fetch and where to.
type Request struct {
	Directory string
	User      string // each has cached files of its own
	URIs      []*mesospb.CommandInfo_URI
	Own       func(path string) error // hands a fetched file to its owner
}

// Fetch fetches everything in r. It returns the paths it made, even if it fails; the
// error names the URI.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (made []string, err error) {
	for _, u := range r.URIs {
		target, err := f.fetch(ctx, r, u)
		if target != "" {
			made = append(made, target)
		}
		if err != nil {
			return made, fmt.Errorf("fetching %s: %w", u.GetValue(), err)
		}
	}
	return made, nil
}

// fetch returns the path it made, "" if none.
func (f *Fetcher) fetch(ctx context.Context, r Request, u *mesospb.CommandInfo_URI) (target string, err error) {
	name, err := targetName(u)
	if err != nil {
		return "", err
	}
	if u.GetExtract() && !u.GetExecutable() && isArchive(name) {
		return "", errors.New("a local Mesos does not extract archives; set extract to false and have the command do it")
	}
	target = filepath.Join(r.Directory, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	source := u.GetValue()
	if u.GetCache() {
		if source, err = f.cache.get(ctx, r.User, source); err != nil {
			return "", err
		}
	}
	if err := download(ctx, source, target); err != nil {
		return target, err
	}
	if u.GetExecutable() {
		if err := os.Chmod(target, 0o755); err != nil {
			return target, err
		}
	}
	return target, r.Own(target)
}

// isArchive reports whether the fetcher of Mesos would extract a file of this name.
func isArchive(name string) bool {
	for _, suffix := range []string{".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".gz"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
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
