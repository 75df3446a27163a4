package local

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// filesPages serves the sandboxes to people on this machine who want an executor's
// stdout and stderr: /files/browse, /files/read and /files/download, each with
// ?path=, a path below the work directory as given by /state.
func filesPages(workDir string) http.Handler {
	f := files{workDir}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /files/browse", f.browse)
	mux.HandleFunc("GET /files/read", f.read)
	mux.HandleFunc("GET /files/download", f.download)
	mux.HandleFunc("/", notFoundPage)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !isLoopback(host) {
			http.Error(w, "sandboxes are shown on this machine only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type files struct{ workDir string }

// fileInfo is an entry of /files/browse.
type fileInfo struct {
	Path  string `json:"path"`
	Size  int64  `json:"size"`
	Mode  string `json:"mode"`
	Mtime int64  `json:"mtime"`
}

// open opens the file in the request; no link can lead out of the work directory.
func (f files) open(r *http.Request) (*os.File, string, error) {
	path := r.FormValue("path")
	inner, err := filepath.Rel(f.workDir, path)
	if err != nil || !filepath.IsLocal(inner) {
		return nil, path, fmt.Errorf("%q is not below %s", path, f.workDir)
	}
	root, err := os.OpenRoot(f.workDir)
	if err != nil {
		return nil, path, err
	}
	defer root.Close()
	file, err := root.Open(inner)
	return file, path, err
}

func (f files) browse(w http.ResponseWriter, r *http.Request) {
	dir, path, err := f.open(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := []fileInfo{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			out = append(out, fileInfo{filepath.Join(path, e.Name()), info.Size(), info.Mode().String(), info.ModTime().Unix()})
		}
	}
	writePage(w, out)
}

// mostRead is the most that /files/read returns at once.
const mostRead = 16 * 4096

// read answers with a part of a file; offset -1 asks only for its size, as the
// web interface of Mesos does.
func (f files) read(w http.ResponseWriter, r *http.Request) {
	file, _, err := f.open(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	defer file.Close()
	number := func(name string, usual int64) int64 {
		n, e := strconv.ParseInt(r.FormValue(name), 10, 64)
		if e != nil {
			return usual
		}
		return n
	}
	offset, length := number("offset", 0), number("length", mostRead)
	if offset < 0 {
		info, err := file.Stat()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writePage(w, map[string]any{"data": "", "offset": info.Size()})
		return
	}
	if length < 0 || length > mostRead {
		length = mostRead
	}
	b, err := io.ReadAll(io.NewSectionReader(file, offset, length))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writePage(w, map[string]any{"data": strings.ToValidUTF8(string(b), "\uFFFD"), "offset": offset})
}

func (f files) download(w http.ResponseWriter, r *http.Request) {
	file, _, err := f.open(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	io.Copy(w, file)
}
