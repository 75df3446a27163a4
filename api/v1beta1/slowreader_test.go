package v1beta1

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/frames"
)

// A client that never reads delays no other client, and nothing is queued for it.
func TestSlowReaderIsAlone(t *testing.T) {
	t.Parallel()
	const events, size, cacheSize = 60, 200 << 10, 2 << 20 // more than sockets hold
	api := newFakeAPI()
	h := NewHandler(api, Options{})
	cache := frames.NewCache(cacheSize)
	h.(*handler).frames = cache
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	slow, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slow.Close() }) // before the server, which waits for it
	fmt.Fprintf(slow, "GET /api/v1beta1/watch/pods HTTP/1.1\r\nHost: localhost\r\n\r\n")
	watchers := []watchReader{watchPath(t, server.URL+"/api/v1beta1/watch/pods"), watchPath(t, server.URL+"/api/v1beta1/watch/pods")}
	go func() {
		for i := range events {
			pod := testPod(fmt.Sprintf("p%d", i), nil)
			pod.UID, pod.Annotations = "u", map[string]string{"a": strings.Repeat("x", size)}
			api.store("ADDED", pod)
		}
	}()
	for _, w := range watchers {
		for i := range events {
			w.want(fmt.Sprintf("ADDED p%d %d", i, 102+i))
		}
	}
	if n, bytes := cache.Size(); bytes > cacheSize || n == events {
		t.Errorf("%d frames with %d bytes are kept, more than %d", n, bytes, cacheSize)
	}
}

// deadlines is a client's connection that records its write deadlines.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A client that reads nothing is dropped; a client that has nothing to read is not, and
// it may make another request after its watch ends.
func TestWriteDeadlines(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", nil)
	client := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	var sent, flushed []time.Time
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		client.set = nil
		w.Write(framed("ADDED", api.encode(pod)))
		sent = client.set
		w.(http.Flusher).Flush()
		flushed = client.set
		w.Write(framed("MODIFIED", api.encode(pod)))
	})
	began := time.Now()
	NewHandler(api, Options{}).ServeHTTP(client, httptest.NewRequest(http.MethodGet, "/api/v1beta1/watch/pods", nil))
	if len(sent) != 1 || sent[0].Before(began.Add(30*time.Second)) {
		t.Errorf("deadlines %v for an event, want %v after %v", sent, 30*time.Second, began)
	}
	if len(flushed) != 2 || !flushed[1].IsZero() {
		t.Errorf("deadlines %v when it has gone, want none at the end", flushed)
	}
	if end := client.set[len(client.set)-1]; !end.IsZero() {
		t.Errorf("deadline %v when the watch has ended, want none", end)
	}
}
