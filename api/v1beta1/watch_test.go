package v1beta1

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// testServer serves a handler in front of a fake API server.
func testServer(t *testing.T) (*fakeAPI, *httptest.Server) {
	t.Helper()
	api := newFakeAPI()
	server := httptest.NewServer(NewHandler(api, Options{}))
	t.Cleanup(server.Close)
	return api, server
}

func (f *fakeAPI) store(kind string, o coreObject) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(kind, "/pods/default/"+o.GetName(), o)
}

func testPod(name string, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
	}
}

// watchReader reads frames of a watch.
type watchReader struct {
	t     *testing.T
	lines *bufio.Scanner
}

func watchPath(t *testing.T, url string) watchReader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("watch %s: %s", url, resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return watchReader{t, lines}
}

// want reads the next frame and compares "TYPE id version".
func (w watchReader) want(frame string) {
	w.t.Helper()
	if !w.lines.Scan() {
		w.t.Fatalf("the watch ended, want %s (%v)", frame, w.lines.Err())
	}
	wantFrame(w.t, w.lines.Bytes(), frame)
}

func wantFrame(t *testing.T, text []byte, want string) {
	t.Helper()
	var f struct {
		Type   string
		Object struct {
			Kind, ID, APIVersion, SelfLink string
			ResourceVersion                uint64
			Code                           int
		}
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	got := fmt.Sprintf("%s %s %d", f.Type, f.Object.ID, f.Object.ResourceVersion)
	if f.Type == "ERROR" {
		got = fmt.Sprintf("%s %d", f.Type, f.Object.Code)
	} else if f.Object.Kind != "Pod" || f.Object.APIVersion != "v1beta1" || !strings.HasPrefix(f.Object.SelfLink, "/api/v1beta1/pods/") {
		t.Errorf("frame without its head: %s", text)
	}
	if got != want {
		t.Fatalf("frame %q, want %q\n%s", got, want, text)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	now, grace, gone := metav1.Unix(1e9, 0), int64(30), int64(0)
	ending, going := testPod("a", nil), testPod("a", nil)
	ending.DeletionTimestamp, ending.DeletionGracePeriodSeconds = &now, &grace
	going.DeletionTimestamp, going.DeletionGracePeriodSeconds = &now, &gone
	for name, path := range map[string]string{
		"path":      "/api/v1beta1/watch/pods",
		"parameter": "/api/v1beta1/pods?watch=true",
		"one":       "/api/v1beta1/watch/pods/a",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, server := testServer(t)
			api.store("ADDED", testPod("a", nil)) // 102: there before
			w := watchPath(t, server.URL+path)
			w.want("ADDED a 102")
			if name == "one" {
				api.store("ADDED", testPod("b", nil)) // 103: not asked for
			} else {
				api.store("MODIFIED", testPod("a", nil)) // 103
				w.want("MODIFIED a 103")
			}
			api.store("MODIFIED", ending.DeepCopy()) // 104
			w.want("MODIFIED a 104")
			api.store("MODIFIED", going.DeepCopy()) // 105: a deletion is one event
			api.store("DELETED", going.DeepCopy())  // 106
			w.want("DELETED a 106")
		})
	}
}

// A client that lost its connection resumes where it was, without a gap.
func TestWatchResumes(t *testing.T) {
	t.Parallel()
	api, server := testServer(t)
	api.store("ADDED", testPod("a", nil))
	api.store("ADDED", testPod("b", map[string]string{"x": "y"}))
	api.store("ADDED", testPod("c", map[string]string{"x": "y"}))
	w := watchPath(t, server.URL+"/api/v1beta1/watch/pods?resourceVersion=102&labels=x%3Dy")
	w.want("ADDED b 103")
	w = watchPath(t, server.URL+"/api/v1beta1/watch/pods?resourceVersion=103&labels=x%3Dy")
	w.want("ADDED c 104")
}

func TestWatchWebSocket(t *testing.T) {
	t.Parallel()
	api, server := testServer(t)
	conn, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/api/v1beta1/watch/pods?resourceVersion=101", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %s", resp.Status)
	}
	for i, name := range []string{"a", "b"} {
		if err := conn.WriteMessage(websocket.TextMessage, []byte("ignored")); err != nil {
			t.Fatal(err)
		}
		api.store("ADDED", testPod(name, nil))
		kind, text, err := conn.ReadMessage()
		if err != nil || kind != websocket.TextMessage {
			t.Fatalf("message of type %d: %v", kind, err)
		}
		wantFrame(t, text, fmt.Sprintf("ADDED %s %d", name, 102+i))
	}
}

// When the client of a watch leaves, the request to the API server ends.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, string){
		"http": func(t *testing.T, url string) {
			ctx, cancel := context.WithCancel(t.Context())
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			resp.Body.Close()
		},
		"websocket": func(t *testing.T, url string) {
			conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http"), nil)
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newFakeAPI()
			ended := make(chan struct{})
			api.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				begin(w)
				<-r.Context().Done()
			})
			server := httptest.NewServer(NewHandler(api, Options{}))
			t.Cleanup(server.Close)
			leave(t, server.URL+"/api/v1beta1/watch/pods")
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				t.Fatal("the watch on the API server goes on")
			}
		})
	}
}

// Watchers of one object with different selectors each see their own view.
func TestWatchersOfOneObject(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", map[string]string{"x": "y"})
	pod.UID, pod.ResourceVersion = "u", "7"
	send := func(kind string) []byte { return framed(kind, api.encode(pod)) }
	api.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		if r.URL.Query().Get("labelSelector") != "" {
			w.Write(send("DELETED")) // since it no longer matches
		} else {
			w.Write(send("MODIFIED"))
		}
	})
	server := httptest.NewServer(NewHandler(api, Options{}))
	t.Cleanup(server.Close)
	for range 2 {
		watchPath(t, server.URL+"/api/v1beta1/watch/pods").want("MODIFIED a 7")
		watchPath(t, server.URL+"/api/v1beta1/watch/pods?labels=x%3Dy").want("DELETED a 7")
	}
	nodes := watchPath(t, server.URL+"/api/v1beta1/watch/pods/a?namespace=default")
	nodes.want("MODIFIED a 7")
}
