// Package ui serves the web pages by which people look at the cluster and act on it.
//
// They are static files, the same for everybody, and need no rights. Everything that
// they show the browser asks the API server for, with the rights of the person who
// looks. They are plain modules of JavaScript below static, and built by nothing; folder
// browser has what checks and tests them.
package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Path is where the pages are.
const Path = "/ui/"

//go:embed static/*.html static/*.css static/*.svg static/*.js static/views/*.js static/vendor/*.js static/vendor/LICENSES.txt
var embedded embed.FS

// contentTypes holds the type of each kind of file: a machine's own table may differ.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// policy lets the pages load what this server serves, and nothing else; no other page
// can have them in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// pages are the files by their URL's path. All but the first page are in a folder that is
// named after the content of all of them, so browsers keep them until that changes.
type pages map[string][]byte

// InFrontOf serves the pages, and passes requests for anything else to next.
func InFrontOf(next http.Handler) http.Handler {
	files := load()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == strings.TrimSuffix(Path, "/") || strings.HasPrefix(r.URL.Path, Path) {
			files.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	content, found := p[r.URL.Path]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "The pages can only be read.", http.StatusMethodNotAllowed)
	case r.URL.Path+"/" == Path:
		http.Redirect(w, r, Path, http.StatusPermanentRedirect)
	case !found:
		http.Error(w, "There is no such page: see "+Path, http.StatusNotFound)
	default:
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		if r.URL.Path == Path {
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("Content-Type", contentTypes[path.Ext(name(r.URL.Path))])
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// name returns the name of the file at a path.
func name(at string) string {
	if at == Path {
		return "index.html"
	}
	return path.Base(at)
}

// load reads the files, and tells the first page where the others are.
func load() pages {
	content, sum := map[string][]byte{}, sha256.New()
	err := fs.WalkDir(embedded, "static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := embedded.ReadFile(file)
		content[strings.TrimPrefix(file, "static/")] = b
		sum.Write([]byte(file + "\x00"))
		sum.Write(b)
		return err
	})
	if err != nil {
		panic("files that are built in cannot be read: " + err.Error())
	}
	folder := hex.EncodeToString(sum.Sum(nil))[:16]
	files := pages{Path: bytes.ReplaceAll(content["index.html"], []byte("FOLDER"), []byte(folder))}
	delete(content, "index.html")
	for file, b := range content {
		files[Path+folder+"/"+file] = b
	}
	return files
}
