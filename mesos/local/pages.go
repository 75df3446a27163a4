package local

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
)

// writePage writes indented JSON, for people.
func writePage(w http.ResponseWriter, page any) {
	b, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.Write(append(b, '\n'))
}

func (c *Config) versionPage(w http.ResponseWriter, _ *http.Request) {
	writePage(w, map[string]string{"version": c.Version, "build_user": "kubernetes-mesos", "git_tag": "local"})
}

func healthPage(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func notFoundPage(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "404 Not Found.", http.StatusNotFound)
}

// redirectPage names the leading master: this one.
func (m *master) redirectPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Location", "//"+m.addr)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// indexPage links to the other pages.
func (m *master) indexPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><title>local Mesos</title><h1>Local Mesos, master %s</h1>
<p><a href="/state">state</a> · <a href="/version">version</a> · sandboxes: <a href="/files/browse?path=%s">files</a></p>
`, html.EscapeString(m.id), html.EscapeString(m.workDir))
}
