package local

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// ParseCredentials parses principals and their secrets in either form that the
// --credentials flag of a Mesos master accepts: JSON, or lines of a principal, a
// space and its secret. The error names the line or the principal, but no secret.
func ParseCredentials(b []byte) (map[string]string, error) {
	read := credentialLines
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		read = credentialJSON
	}
	list, err := read(b)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("there is no principal in it")
	}
	out := map[string]string{}
	for _, c := range list {
		switch {
		case c.Principal == "" || c.Secret == "":
			return nil, fmt.Errorf("principal %q: a principal and its secret cannot be empty", c.Principal)
		case strings.Contains(c.Principal, ":"):
			return nil, fmt.Errorf("principal %q: basic authentication knows no colon in it", c.Principal)
		case out[c.Principal] != "":
			return nil, fmt.Errorf("principal %q has two secrets", c.Principal)
		}
		out[c.Principal] = c.Secret
	}
	return out, nil
}

type credential struct{ Principal, Secret string }

func credentialJSON(b []byte) ([]credential, error) {
	var page struct{ Credentials []credential }
	if err := json.Unmarshal(b, &page); err != nil {
		return nil, errors.New(`the JSON is not as {"credentials": [{"principal": "p", "secret": "s"}]}`)
	}
	return page.Credentials, nil
}

func credentialLines(b []byte) (list []credential, err error) {
	for i, line := range strings.Split(string(b), "\n") {
		switch words := strings.Fields(line); len(words) {
		case 0:
		case 2:
			list = append(list, credential{words[0], words[1]})
		default:
			return nil, fmt.Errorf("line %d is not a principal, a space and its secret", i+1)
		}
	}
	return list, nil
}

// newToken returns a token that an executor shows its agent if authentication is on.
func newToken() string { return rand.Text() }

// known refuses requests without a principal's secret, if any are configured.
func (m *master) known(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := m.authenticate(r); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="local-mesos"`)
			http.Error(w, "401 Unauthorized.", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// authenticated reports whether executors have tokens: since release 1.4, if
// frameworks have credentials.
func (c *Config) authenticated() bool { return len(c.Credentials) > 0 && !c.old() }

// bearer returns the executor whose token the request shows. Tokens of executors
// that the agent has forgotten stay valid until they end, so they can be told so.
func (a *agent) bearer(r *http.Request) (executorKey, *failure) {
	if !a.m.cfg.authenticated() {
		return executorKey{}, nil
	}
	token, has := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var key executorKey
	var issued bool
	if !a.m.do(func() { key, issued = a.tokens[token] }) {
		return key, fail(http.StatusServiceUnavailable, "the agent is ending")
	}
	if !has || !issued {
		return key, fail(http.StatusUnauthorized, "401 Unauthorized.")
	}
	return key, nil
}

// launchesNothing says why no program may be started for a framework: any client of
// a Mesos without credentials could become root through it.
func (c *Config) launchesNothing() string {
	if !c.Guarded || len(c.Credentials) > 0 || os.Getuid() != 0 {
		return ""
	}
	return "this local Mesos runs as root and asks for no credentials, so it starts nothing for anybody; start it with -local_credentials"
}
