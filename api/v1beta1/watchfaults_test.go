package v1beta1

import (
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/backend"
)

// begin begins a watch like the API server.
func begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", backend.ProtobufType+";stream=watch")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
}

// framed returns an event in its encoding: its length, then the event.
func framed(kind string, object []byte) []byte {
	frame, err := (&metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: object}}).Marshal()
	if err != nil {
		panic(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...)
}

// A fault of the API server in the middle of a watch reaches the client as a frame, or
// as the end of the stream; the process continues.
func TestWatchFaults(t *testing.T) {
	t.Parallel()
	api := newFakeAPI()
	pod := testPod("a", nil)
	pod.ResourceVersion = "7"
	gone := metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonExpired, Message: "too old", Code: http.StatusGone}
	whole := framed("ADDED", api.encode(pod))
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"error frame": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			w.Write(framed("ERROR", api.encode(&gone)))
		}, "ERROR 410"},
		"too old at once": {func(w http.ResponseWriter, _ *http.Request) {
			api.write(w, http.StatusGone, &gone)
		}, "ERROR 410"},
		"bookmark": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			w.Write(framed("BOOKMARK", api.encode(&corev1.Pod{})))
		}, ""},
		"in pieces": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			for i := range whole {
				w.Write(whole[i : i+1])
			}
		}, "ADDED a 7"},
		"torn frame": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			w.Write(whole[:len(whole)-1])
		}, ""},
		"torn length": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			w.Write(whole[:3])
		}, ""},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			w.Write(framed("ADDED", []byte("garbage")))
		}, "ERROR 500"},
		"abort": {func(w http.ResponseWriter, _ *http.Request) {
			begin(w)
			panic(http.ErrAbortHandler)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newFakeAPI()
			api.serve = c.serve
			server := httptest.NewServer(NewHandler(api, Options{}))
			t.Cleanup(server.Close)
			w := watchPath(t, server.URL+"/api/v1beta1/watch/pods")
			if c.want != "" {
				w.want(c.want)
			}
			if w.lines.Scan() {
				t.Errorf("one more frame: %s", w.lines.Text())
			}
		})
	}
}

// A watch that never begins is answered with a Status.
func TestWatchThatDoesNotBegin(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"no answer": func(http.ResponseWriter, *http.Request) {},
		"another type": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", backend.JSONType)
			w.WriteHeader(http.StatusOK)
			<-r.Context().Done() // it never answers
		},
	} {
		api := newFakeAPI()
		api.serve = serve
		if w := ask(NewHandler(api, Options{}), http.MethodGet, "/api/v1beta1/watch/pods", ""); w.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d %s, want 500", name, w.Code, w.Body)
		}
	}
}
