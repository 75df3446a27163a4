package main

import (
	"fmt"
	"html/template"
	"net/http"
	"os"
	"strings"
)

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Guestbook</title>
<style>
body { font: 18px/1.5 system-ui, sans-serif; max-width: 32em; margin: 2em auto; padding: 0 1em; color: #223; background: #fdfcf8 }
input, button { font: inherit; padding: .3em .6em; border: 1px solid #99a; border-radius: .3em }
button { background: #335; color: #fff }
footer { color: #667; font-size: 14px }
</style>
<h1>Guestbook</h1>
<form method="post"><input name="entry" aria-label="Your entry" required autofocus> <button>Sign</button></form>
<ul>
{{range .Entries}}<li>{{.}}</li>
{{end}}</ul>
<footer>Served by pod {{.Pod}}</footer>
`))

// frontend shows the entries, read from a replica, and adds those that are
// posted, at the master.
func frontend(addr, master, replica string) error {
	pod, err := os.Hostname()
	if err != nil {
		return err
	}
	return http.ListenAndServe(addr, handler(pod, master, replica))
}

func handler(pod, master, replica string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		entry := strings.Join(strings.Fields(r.FormValue("entry")), " ")
		if _, err := ask(master, "ADD "+entry); err != nil {
			http.Error(w, "the master: "+err.Error(), http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		entries, err := ask(replica, "LIST")
		if err != nil {
			http.Error(w, "a replica: "+err.Error(), http.StatusBadGateway)
			return
		}
		err = page.Execute(w, struct {
			Pod     string
			Entries []string
		}{pod, entries})
		if err != nil {
			fmt.Println("a browser has gone:", err)
		}
	})
	return mux
}
