package upgrade

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
)

// good is a program that takes the flags of these tests and the check.
const good = "#!/bin/sh\n[ \"$*\" = \"-v=1 -check\" ]\n"

// place is a directory, and a server of programs.
func place(t *testing.T, handler http.HandlerFunc) (*Programs, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return New(t.TempDir(), []string{"-v=1"}, nil), server.URL + "/executor_runner"
}

func content(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
}

func TestFetch(t *testing.T) {
	t.Parallel()
	gets := 0
	p, url := place(t, func(w http.ResponseWriter, r *http.Request) { gets++; content(good)(w, r) })
	for _, old := range []string{"executor-0123", "executor-0123.part"} {
		if err := os.WriteFile(filepath.Join(p.Dir, old), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time the file exists
		path, err := p.Fetch(t.Context(), taskdata.Program{URL: url, SHA256: strings.ToUpper(sum([]byte(good)))})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != good {
			t.Errorf("got %q, %v", b, err)
		}
	}
	if got := files(t, p.Dir); len(got) != 1 || gets != 1 {
		t.Errorf("%d downloads, and the directory holds %q; want one of each", gets, got)
	}
}

// The running program is not fetched.
func TestFetchOwn(t *testing.T) {
	t.Parallel()
	p, url := place(t, func(http.ResponseWriter, *http.Request) { t.Error("it was fetched") })
	own, err := hashOf(self)
	if err != nil {
		t.Fatal(err)
	}
	if path, err := p.Fetch(t.Context(), taskdata.Program{URL: url, SHA256: own}); path != "" || err != nil {
		t.Errorf("got %q, %v", path, err)
	}
}

// A bad program is refused before anything depends on it.
func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	hash := sum([]byte(good))
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		hash    string
		want    string
	}{
		"not there":            {http.NotFound, hash, "404"},
		"another content":      {content(good + "#"), hash, "its SHA-256 is"},
		"truncated":            {truncated, hash, "unexpected EOF"},
		"no answer":            {silent, hash, "context deadline exceeded"},
		"an answer that stops": {stops, hash, "context deadline exceeded"},
		"no hash":              {content(good), "abc", "not a SHA-256"},
		"no program":           {content("\x7fELF"), sum([]byte("\x7fELF")), "does not start"},
		"one that fails":       {content("#!/bin/sh\necho no such flag; exit 2"), sum([]byte("#!/bin/sh\necho no such flag; exit 2")), "no such flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, url := place(t, c.handler)
			limit := time.Minute
			if c.want == "context deadline exceeded" {
				limit = 2 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			path, err := p.Fetch(ctx, taskdata.Program{URL: url, SHA256: c.hash})
			if path != "" || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), url) {
				t.Errorf("got %q, %v; want an error with %q and the URL", path, err, c.want)
			}
			if got := files(t, p.Dir); slices.ContainsFunc(got, func(f string) bool { return strings.HasSuffix(f, ".part") }) {
				t.Errorf("left behind: %q", got)
			}
		})
	}
	p, _ := place(t, nil)
	for _, url := range []string{"/a/path", "file:///a/path", "ftp://h/p", "http://h\x00/", ""} {
		if _, err := p.Fetch(t.Context(), taskdata.Program{URL: url, SHA256: hash}); err == nil {
			t.Errorf("%q is fetched", url)
		}
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(good))
}

func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func stops(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(good[:5]))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
