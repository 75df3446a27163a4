package apiproxy

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// api is an API server that returns its name; its process can be stopped.
type api struct {
	*httptest.Server
	stopped stopper
}

// A stopper is a listener whose connections are accepted and then left alone
// while it is stopped, as the kernel does for a process under SIGSTOP.
type stopper struct {
	net.Listener
	mu   sync.Mutex
	wait chan struct{} // nil: it is not stopped
}

func (s *stopper) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	return &stopped{Conn: c, by: s}, err
}

func (s *stopper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wait = make(chan struct{})
}

func (s *stopper) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wait != nil {
		close(s.wait)
		s.wait = nil
	}
}

type stopped struct {
	net.Conn
	by *stopper
}

func (c *stopped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.by.mu.Lock()
	wait := c.by.wait
	c.by.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return n, err
}

// serve starts an API server called name. /watch answers and then stays open.
func serve(t *testing.T, name string) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, name)
		if r.URL.Path == "/watch" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
	a.stopped.Listener = a.Listener
	a.Listener = &a.stopped
	a.StartTLS()
	t.Cleanup(func() { a.stopped.resume(); a.CloseClientConnections(); a.Close() })
	return a
}

// roots trusts the servers of serve, which share a certificate.
func roots(t *testing.T, a *api) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	return pool
}

func urls(all ...*api) []string {
	var urls []string
	for _, a := range all {
		urls = append(urls, a.URL)
	}
	return urls
}

// run runs a proxy until the test ends and returns it and a client of it that makes
// a new connection for each request.
func run(t *testing.T, all ...*api) (*Proxy, func(path string) (string, io.ReadCloser)) {
	t.Helper()
	b, err := New(urls(all...), roots(t, all[0]), logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	url, err := b.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	transport := all[0].Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	return b, func(path string) (string, io.ReadCloser) {
		t.Helper()
		resp, err := client.Get(url + path)
		if err != nil {
			return err.Error(), http.NoBody
		}
		t.Cleanup(func() { resp.Body.Close() })
		line := make([]byte, 1)
		if _, err := io.ReadFull(resp.Body, line); err != nil {
			return err.Error(), http.NoBody
		}
		return string(line), resp.Body
	}
}

// ends waits until a stream is cut and returns how long that took.
func ends(stream io.Reader) time.Duration {
	began := time.Now()
	_, _ = io.Copy(io.Discard, stream) // how it ends does not matter
	return time.Since(began)
}

// All connections go to one server while it lives, and then to another.
func TestServerDies(t *testing.T) {
	t.Parallel()
	a, b := serve(t, "a"), serve(t, "b")
	_, get := run(t, a, b)
	for range 3 {
		if got, _ := get("/"); got != "a" {
			t.Fatalf("got %s, want a", got)
		}
	}
	_, watch := get("/watch")
	a.CloseClientConnections()
	a.Close()
	ends(watch)
	if got, _ := get("/watch"); got != "b" {
		t.Errorf("got %s, want b", got)
	}
}

// A stopped server accepts connections and answers none. Within five seconds its clients
// have moved to another; when it continues, no client moves back.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	a, b := serve(t, "a"), serve(t, "b")
	_, get := run(t, a, b)
	_, watch := get("/watch")
	a.stopped.stop()
	if longest := probeEvery + probeTimeout; longest >= 5*time.Second {
		t.Errorf("a server that hangs may go unnoticed for %v", longest)
	}
	if took := ends(watch); took > 20*time.Second {
		t.Errorf("it took %v to leave a", took)
	}
	if got, _ := get("/"); got != "b" {
		t.Errorf("got %s, want b", got)
	}
	a.stopped.resume()
	if got, _ := get("/"); got != "b" {
		t.Errorf("got %s, want b still", got)
	}
}

// While no other server lives, connections to a hanging server are left alone, and
// continue when it does.
func TestOnlyServerHangs(t *testing.T) {
	t.Parallel()
	a, gone := serve(t, "a"), serve(t, "-")
	gone.Close()
	b, get := run(t, a, gone)
	_, watch := get("/watch")
	a.stopped.stop()
	cut := make(chan time.Duration, 1)
	go func() { cut <- ends(watch) }()
	awaitPool(t, b, "the server to be found dead", func(p *pool) bool { return p.servers[0].dead != nil })
	select {
	case <-cut:
		t.Error("the connection was cut")
	default:
	}
	answered := make(chan string, 1)
	go func() { got, _ := get("/"); answered <- got }()
	awaitPool(t, b, "the second client to wait", func(p *pool) bool { return p.waiting > 0 })
	a.stopped.resume()
	if got := <-answered; got != "a" {
		t.Errorf("got %s, want a", got)
	}
}

// Servers may be added while clients wait for one; removed servers lose their clients.
func TestSetServers(t *testing.T) {
	t.Parallel()
	gone, a, b := serve(t, "-"), serve(t, "a"), serve(t, "b")
	gone.Close()
	proxy, get := run(t, gone)
	answered := make(chan string, 1)
	go func() { got, _ := get("/"); answered <- got }()
	awaitPool(t, proxy, "the client to wait", func(p *pool) bool { return p.waiting > 0 && p.servers[0].dead != nil })
	set := func(all ...*api) {
		t.Helper()
		if err := proxy.SetServers(urls(all...)); err != nil {
			t.Error(err)
		}
	}
	set(gone, a)
	if got := <-answered; got != "a" {
		t.Errorf("got %s, want a", got)
	}
	_, watch := get("/watch")
	set(a, b, a)
	if got, _ := get("/"); got != "a" {
		t.Errorf("got %s, want a as before", got)
	}
	for _, bad := range [][]string{nil, {"http://h:1"}, {a.URL, "https://"}, {"\x00"}} {
		if err := proxy.SetServers(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if got, _ := get("/"); got != "a" {
		t.Errorf("got %s after a list that was refused, want a", got)
	}
	set(b)
	ends(watch)
	if got, _ := get("/"); got != "b" {
		t.Errorf("got %s, want b", got)
	}
}

// Only a server that proves to be the cluster's counts.
func TestAwait(t *testing.T) {
	t.Parallel()
	ours := serve(t, "a")
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	notTLS := "https" + strings.TrimPrefix(plain.URL, "http")
	for name, c := range map[string]struct {
		servers []string
		roots   *x509.CertPool
		want    string
	}{
		"ours":               {[]string{"https://127.0.0.1:1", notTLS, ours.URL}, roots(t, ours), ""},
		"another protocol":   {[]string{notTLS}, roots(t, ours), "TLS"},
		"down":               {[]string{"https://127.0.0.1:1"}, roots(t, ours), "refused"},
		"of another cluster": {[]string{ours.URL}, x509.NewCertPool(), "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := New(c.servers, c.roots, logr.Discard())
			if err != nil {
				t.Fatal(err)
			}
			limit := time.Minute // it returns as soon as one lives
			if c.want != "" {
				limit = 5 * time.Second // for the first round
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			err = b.Await(ctx)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Without clients no server is probed, and a lone server never is: it keeps its clients
// whatever it does.
func TestRests(t *testing.T) {
	t.Parallel()
	a, other := serve(t, "a"), serve(t, "b")
	b, get := run(t, a, other)
	_, watch := get("/watch")
	if next := b.check(t.Context()); next != probeEvery {
		t.Errorf("checks again in %v", next)
	}
	watch.Close()
	awaitPool(t, b, "the connection to end", func(p *pool) bool { return len(p.used()) == 0 })
	if next := b.check(t.Context()); next != 0 {
		t.Errorf("with no connection, checks again in %v", next)
	}
	if err := b.SetServers(urls(a)); err != nil {
		t.Fatal(err)
	}
	get("/watch")
	if next := b.check(t.Context()); next != 0 {
		t.Errorf("checks a lone server again in %v", next)
	}
	if err := b.SetServers(urls(a, other)); err != nil {
		t.Fatal(err)
	}
	if next := b.check(t.Context()); next != probeEvery {
		t.Errorf("next to another one, checks again in %v", next)
	}
}

// awaitPool waits until a condition holds for the proxy's servers.
func awaitPool(t *testing.T, b *Proxy, what string, holds func(*pool) bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		b.mu.Lock()
		is := holds(&b.pool)
		b.mu.Unlock()
		if is {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// When no server lives, the log says at once which were probed and why they do not count;
// when one lives again, it says so once.
func TestNoServerIsLogged(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nothing listens there now
	a := serve(t, "a")
	lines := make(chan string, 1000)
	log := funcr.New(func(_, line string) { lines <- line }, funcr.Options{})
	b, err := New([]string{"https://" + l.Addr().String()}, roots(t, a), log)
	if err != nil {
		t.Fatal(err)
	}
	url, err := b.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() { stop(); <-ended }()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if line := <-lines; !strings.Contains(line, l.Addr().String()) || !strings.Contains(line, "connection refused") {
		t.Errorf("logged: %s", line)
	}
	if err := b.SetServers([]string{a.URL}); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		if strings.Contains(line, "connected to an API server at "+a.Listener.Addr().String()) {
			return
		}
	}
}
