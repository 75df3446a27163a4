// Package credentials knows who may speak to a local Mesos: principals and their secrets,
// by HTTP basic authentication as masters check it, and the tokens of executors. No error
// of it contains a secret.
package credentials

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Parse parses principals and their secrets in either form that the
// --credentials flag of a Mesos master accepts: JSON, or lines of a principal, a
// space and its secret. The error names the line or the principal, but no secret.
func Parse(b []byte) (map[string]string, error) {
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
