package v1beta1

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// exchange is one request and what its answer must contain.
type exchange struct {
	Name   string          `json:"name"`
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Text   string          `json:"text"` // a body that is no JSON
	Status int             `json:"status"`
	Want   any             `json:"want"`
}

// TestExchanges plays testdata/exchanges.jsonl, in order, against a handler in front of
// a fake API server. Answers may have members that the wanted bodies do not list;
// "~re" matches a regular expression, and "-" an absent member.
func TestExchanges(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(NewHandler(newFakeAPI(), Options{}))
	t.Cleanup(server.Close)
	for _, e := range readExchanges(t, "testdata/exchanges.jsonl") {
		// Run sequentially: later ones use the objects of earlier ones.
		t.Run(e.Name, func(t *testing.T) { e.play(t, server.URL) })
	}
}

func readExchanges(t *testing.T, path string) []exchange {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []exchange
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			var e exchange
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatalf("%s:%d: %v", path, n, err)
			}
			out = append(out, e)
		}
	}
	if err := lines.Err(); err != nil || len(out) == 0 {
		t.Fatalf("%s: %d exchanges, %v", path, len(out), err)
	}
	return out
}

func (e exchange) play(t *testing.T, base string) {
	t.Helper()
	body := e.Text
	if body == "" {
		body = string(e.Body)
	}
	r, err := http.NewRequest(e.Method, base+e.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// No Content-Type: curl -d sends a different one, so it must not matter.
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != e.Status {
		t.Fatalf("%s %s: %d, want %d\n%s", e.Method, e.Path, resp.StatusCode, e.Status, text)
	}
	if e.Want == nil {
		return
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s %s: answer is no JSON: %v\n%s", e.Method, e.Path, err, text)
	}
	for _, d := range differences("", e.Want, got) {
		t.Errorf("%s %s: %s\n%s", e.Method, e.Path, d, text)
	}
}

// differences compares as described at TestExchanges.
func differences(at string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: %v, want an object", at, got)}
		}
		var out []string
		for k, w := range want {
			g, there := have[k]
			switch {
			case w == "-" && there:
				out = append(out, fmt.Sprintf("%s/%s: %v, want none", at, k, g))
			case w == "-":
			case !there:
				out = append(out, fmt.Sprintf("%s/%s: missing", at, k))
			default:
				out = append(out, differences(at+"/"+k, w, g)...)
			}
		}
		return out
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			return []string{fmt.Sprintf("%s: %v, want %d elements", at, got, len(want))}
		}
		var out []string
		for i := range want {
			out = append(out, differences(fmt.Sprintf("%s/%d", at, i), want[i], have[i])...)
		}
		return out
	case string:
		if re, ok := strings.CutPrefix(want, "~"); ok {
			if s, isText := got.(string); isText && regexp.MustCompile(re).MatchString(s) {
				return nil
			}
		}
	}
	if want != got {
		return []string{fmt.Sprintf("%s: %#v, want %#v", at, got, want)}
	}
	return nil
}
