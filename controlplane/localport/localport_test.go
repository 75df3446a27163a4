package localport

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host string
		header     http.Header
		want       string // of the refusal; none when it passes
	}{
		{"curl", "localhost:8080", nil, ""},
		{"capitals and a final dot", "LocalHost.:8080", nil, ""},
		{"below localhost", "api.localhost:8080", nil, ""},
		{"an address", "127.0.0.1:8080", nil, ""},
		{"an address without port", "127.0.0.1", nil, ""},
		{"IPv6", "[::1]:8080", nil, ""},
		{"IPv6 without port", "[::1]", nil, ""},
		{"a LAN address", "192.168.1.7:8080", nil, ""},
		{"this machine's name", "Box:8080", nil, ""},
		{"another name", "evil.example:8080", nil, `host "evil.example:8080" is not this machine`},
		{"a name that starts like ours", "localhost.evil.example", nil, "is not this machine"},
		{"a name that ends like ours", "evil-localhost", nil, "is not this machine"},
		{"no host", "", nil, "is not this machine"},
		{"a page of our own", "localhost:8080", http.Header{"Origin": {"http://localhost:8080"}, "Sec-Fetch-Site": {"same-origin"}}, ""},
		{"typed in by hand", "localhost:8080", http.Header{"Sec-Fetch-Site": {"none"}}, ""},
		{"another page", "localhost:8080", http.Header{"Origin": {"https://evil.example"}}, `origin "https://evil.example"`},
		{"a sandboxed page", "localhost:8080", http.Header{"Origin": {"null"}}, `origin "null"`},
		{"another port's page", "localhost:8080", http.Header{"Origin": {"http://localhost:3000"}}, `origin "http://localhost:3000"`},
		{"https of the same name", "localhost:8080", http.Header{"Origin": {"https://localhost:8080"}}, "origin"},
		{"one good and one bad origin", "localhost:8080", http.Header{"Origin": {"http://localhost:8080", "http://evil.example"}}, "evil"},
		{"a simple POST of a page", "127.0.0.1:8080", http.Header{"Origin": {"http://evil.example"}, "Content-Type": {"text/plain"}}, "web pages may not"},
		{"an image of a page", "127.0.0.1:8080", http.Header{"Sec-Fetch-Site": {"cross-site"}}, "cross-site"},
		{"a neighbour's page", "127.0.0.1:8080", http.Header{"Sec-Fetch-Site": {"same-site"}}, "same-site"},
		{"a library's websocket", "127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1"}, "Upgrade": {"websocket"}}, ""},
		{"the same from a browser", "127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1"}, "Upgrade": {"websocket"}, "Sec-Fetch-Site": {"same-site"}}, "web pages may not"},
		{"the same without a websocket", "127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1"}}, "web pages may not"},
		{"a page's websocket", "127.0.0.1:8080", http.Header{"Origin": {"http://evil.example"}, "Upgrade": {"websocket"}}, "web pages may not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			passed := false
			h := Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }), []string{"box"}, "/ui/")
			r := httptest.NewRequest("POST", "/api/v1/pods", strings.NewReader("{}"))
			r.Host = c.host
			for k, v := range c.header {
				r.Header[k] = v
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if passed != (c.want == "") {
				t.Fatalf("passed: %t; answer %d %s", passed, w.Code, w.Body)
			}
			if passed {
				return
			}
			var status struct {
				Kind, Reason, Message string
				Code                  int
			}
			if err := json.Unmarshal(w.Body.Bytes(), &status); err != nil {
				t.Fatal(err)
			}
			if w.Code != 403 || status.Code != 403 || status.Kind != "Status" || status.Reason != "Forbidden" || !strings.Contains(status.Message, c.want) {
				t.Errorf("answer %d %+v, want 403 and %q", w.Code, status, c.want)
			}
		})
	}
}

// A link on any page may open the entry, and nothing else of that request's kind passes.
func TestGuardLetsLinksOpenTheEntry(t *testing.T) {
	t.Parallel()
	link := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
	for _, c := range []struct {
		name, method, host, path string
		header, value            string // differs from the link's
		passes                   bool
	}{
		{"a link", "GET", "localhost:8080", "/ui/", "", "", true},
		{"a link to something else", "GET", "localhost:8080", "/api/v1/pods", "", "", false},
		{"a link by a name that leads here", "GET", "evil.example", "/ui/", "", "", false},
		{"a form", "POST", "localhost:8080", "/ui/", "", "", false},
		{"a frame", "GET", "localhost:8080", "/ui/", "Sec-Fetch-Dest", "iframe", false},
		{"a script", "GET", "localhost:8080", "/ui/", "Sec-Fetch-Mode", "cors", false},
		{"a script with its origin", "GET", "localhost:8080", "/ui/", "Origin", "https://evil.example", false},
	} {
		passed := false
		h := Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }), nil, "/ui/")
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		for k, v := range link {
			r.Header.Set(k, v)
		}
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if passed != c.passes {
			t.Errorf("%s: passed: %t, want %t", c.name, passed, c.passes)
		}
	}
}

func TestGuardDropsCredentials(t *testing.T) {
	t.Parallel()
	var got http.Header
	h := Guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }), nil, "/ui/")
	r := httptest.NewRequest("GET", "http://localhost/", nil)
	for _, k := range []string{"Authorization", "X-Remote-User", "X-Remote-Group", "X-Remote-Extra-Scopes", "Impersonate-User", "Accept"} {
		r.Header.Set(k, "x")
	}
	h.ServeHTTP(httptest.NewRecorder(), r)
	if len(got) != 2 || got.Get("Impersonate-User") != "x" || got.Get("Accept") != "x" {
		t.Errorf("left are %v, want Impersonate-User and Accept alone", got)
	}
}

// serve runs a server of h until the test ends or stop is called; stop returns the
// result of Run.
func serve(t *testing.T, h http.Handler, grace time.Duration) (addr string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var result error
	go func() { result = New(l, h, Users{}, grace, logr.Discard()).Run(ctx); close(done) }()
	stop = func() error { cancel(); <-done; return result }
	t.Cleanup(func() { stop() })
	return l.Addr().String(), stop
}

// A request in flight ends well within the grace; afterwards the port is free.
func TestStopWaitsForRequests(t *testing.T) {
	t.Parallel()
	arrived, leave := make(chan struct{}), make(chan struct{})
	addr, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-leave
		io.WriteString(w, "done")
	}), time.Minute)
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		answer <- fmt.Sprint(string(b), err)
	}()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(leave)
	if got := <-answer; got != "done<nil>" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	l.Close()
}

// A stream that would never end, and an upgraded connection, end with the server.
func TestStopCutsStreams(t *testing.T) {
	t.Parallel()
	addr, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/upgrade" {
			c, buf, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n")
			io.Copy(c, buf) // ends when the connection does
			return
		}
		w.WriteHeader(200)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}), time.Millisecond)
	var readers []*bufio.Reader
	for _, path := range []string{"/watch", "/upgrade"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\r\n", path)
		reader := bufio.NewReader(c)
		if line, err := reader.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1") {
			t.Fatalf("%s: %q, %v", path, line, err)
		}
		readers = append(readers, reader)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	for _, reader := range readers {
		if _, err := io.Copy(io.Discard, reader); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("the stream ended with %v", err)
		}
	}
}
