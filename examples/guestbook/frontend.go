package main

import (
	"bufio"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"
	"time"
)

var page = template.Must(template.New("page").Parse(`<!doctype html>
<title>Guestbook</title>
<h1>Guestbook</h1>
<form method="post"><input name="entry" autofocus> <button>Sign</button></form>
<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>
`))

// frontend shows the entries, read from a replica, and adds those that are
// posted, at the master.
func frontend(addr, master, replica string) error {
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			entry := strings.Join(strings.Fields(r.FormValue("entry")), " ")
			if _, err := ask(master, "ADD "+entry); err != nil {
				http.Error(w, "the master: "+err.Error(), http.StatusBadGateway)
				return
			}
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		entries, err := ask(replica, "LIST")
		if err != nil {
			http.Error(w, "a replica: "+err.Error(), http.StatusBadGateway)
			return
		}
		_ = page.Execute(w, entries)
	}))
}

// ask sends one command and returns the lines of the answer.
func ask(addr, command string) ([]string, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintln(conn, command)
	var answer []string
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "." || line == "OK":
			return answer, nil
		case strings.HasPrefix(line, "ERROR"):
			return nil, fmt.Errorf("%s", line)
		default:
			answer = append(answer, line)
		}
	}
	return nil, fmt.Errorf("the answer of %s was cut off", addr)
}
