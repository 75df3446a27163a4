package ui

import (
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// get asks for a path as browsers do.
func get(t *testing.T, method, at string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	InFrontOf(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })).
		ServeHTTP(w, httptest.NewRequest(method, at, nil))
	return w.Result()
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		code         int
		header       string // name: value
	}{
		{"GET", "/ui/", 200, "Cache-Control: no-cache"},
		{"HEAD", "/ui/", 200, "Content-Type: text/html; charset=utf-8"},
		{"GET", "/ui", 308, "Location: /ui/"},
		{"GET", "/ui/0123456789abcdef/app.js", 404, ""},
		{"GET", "/ui/../api", 404, ""},
		{"GET", "/ui/index.html", 404, ""},
		{"POST", "/ui/", 405, "Allow: GET, HEAD"},
		{"GET", "/uiapi", 418, ""},
		{"GET", "/api/v1/pods", 418, ""},
	} {
		r := get(t, c.method, c.path)
		if r.StatusCode != c.code {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, r.StatusCode, c.code)
		}
		if name, want, _ := strings.Cut(c.header, ": "); want != "" && r.Header.Get(name) != want {
			t.Errorf("%s %s: %s is %q, want %q", c.method, c.path, name, r.Header.Get(name), want)
		}
	}
}

// Each answer, even a refusal, tells browsers to run nothing but our own files.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for at := range load() {
		for _, at := range []string{at, at + "no"} {
			h := get(t, "GET", at).Header
			csp := h.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: the policy %q lacks %s", at, csp, want)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("%s: the policy %q permits too much", at, csp)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: browsers may guess its type", at)
			}
		}
	}
}

// The first page names files that exist, in the folder of their content, which are kept
// for ever; modules name each other relative to themselves.
func TestFilesAreFound(t *testing.T) {
	t.Parallel()
	files := load()
	quoted := regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	for _, m := range quoted.FindAllStringSubmatch(string(files[Path]), -1) {
		at := Path + m[1]
		if r := get(t, "GET", at); r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || r.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", at, r.StatusCode, r.Header)
		}
	}
	from := regexp.MustCompile(`(?:from|import)\s*\(?"([^"]+)"`)
	for at, content := range files {
		if path.Ext(at) != ".js" {
			continue
		}
		for _, m := range from.FindAllStringSubmatch(string(content), -1) {
			if !strings.HasPrefix(m[1], ".") || files[path.Join(path.Dir(at), m[1])] == nil {
				t.Errorf("%s imports %q, which is not served", at, m[1])
			}
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	size := 0
	for _, content := range load() {
		size += len(content)
	}
	if most := 300_000; size > most {
		t.Errorf("the files have %d bytes, at most %d", size, most)
	}
}

// Names, labels, messages and logs come from strangers. They may become text only, and one
// segment of a path; and nobody else's server hears of them.
func TestNothingIsMarkupOrFarAway(t *testing.T) {
	t.Parallel()
	never := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|javascript:`)
	away := regexp.MustCompile(`(?:https?:)?//[a-z0-9-]+\.[a-z0-9]+`)
	for at, content := range load() {
		ours := !strings.Contains(at, "/vendor/")
		if found := never.Find(content); ours && found != nil {
			t.Errorf("%s has %s", at, found)
		}
		if found := away.Find(content); found != nil && !strings.HasSuffix(at, "LICENSES.txt") && string(found) != "http://www.w3" { // the name of a dialect of XML
			t.Errorf("%s names %s", at, found)
		}
	}
}
