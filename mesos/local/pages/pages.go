// Package pages are the JSON pages for people: what a local Mesos knows (/state), and how it
// can be broken (/local). It owns their form alone; the state they show and the faults they
// cause belong to others.
package pages

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
)

// Write writes indented JSON.
func Write(w http.ResponseWriter, page any) {
	b, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.Write(append(b, '\n'))
}

// Version is GET /version.
func Version(release string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		Write(w, map[string]string{"version": release, "build_user": "kubernetes-mesos", "git_tag": "local"})
	}
}

// Health is GET /health.
func Health(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// NotFound is every page that does not exist.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "404 Not Found.", http.StatusNotFound)
}

// Redirect names the leading master.
func Redirect(leader string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "//"+leader)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// Index links to the other pages.
func Index(w http.ResponseWriter, master, workDir string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!DOCTYPE html><title>local Mesos</title><h1>Local Mesos, master %s</h1>
<p><a href="/state">state</a> · <a href="/version">version</a> · sandboxes are below %s</p>
`, html.EscapeString(master), html.EscapeString(workDir))
}
