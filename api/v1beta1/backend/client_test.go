package backend

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// pod returns a pod with its kind, as it must be sent.
func pod(name string) *corev1.Pod {
	return &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// encode returns an object as protobuf.
func encode(t testing.TB, o runtime.Object) []byte {
	t.Helper()
	b, err := New(nil).Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refusal returns a Status with its kind, as protobuf.
func refusal(t testing.TB, err *apierrors.StatusError) []byte {
	t.Helper()
	s := err.Status()
	s.APIVersion, s.Kind = "v1", "Status"
	return encode(t, &s)
}

// answering returns a server that always gives the same answer; code 0 stands for none.
func answering(code int, mediaType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if code == 0 {
			return
		}
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(http.StatusEarlyHints) // not an answer
		w.WriteHeader(code)
		w.Write(body)
	})
}

func client(t testing.TB) *http.Request {
	return httptest.NewRequest(http.MethodGet, "/api/v1beta1/pods", nil).WithContext(t.Context())
}

// What the server receives: the object in protobuf, and the client's identity, but no
// credentials.
func TestDo(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	api := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", ProtobufType)
		w.Write(encode(t, pod("made")))
	}))
	type key struct{}
	from := client(t)
	from = from.WithContext(context.WithValue(from.Context(), key{}, "user"))
	for name, value := range map[string]string{
		"Impersonate-User": "u", "User-Agent": "curl", "Authorization": "Bearer secret", "Cookie": "a=b", "Accept": "text/html",
	} {
		from.Header.Set(name, value)
	}
	o, err := api.Do(from, http.MethodPost, Root+"/namespaces/default/pods", url.Values{"timeout": {"1s"}}, pod("sent"))
	if made, ok := o.(*corev1.Pod); err != nil || !ok || made.Name != "made" {
		t.Fatalf("%v, %v", o, err)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/api/v1/namespaces/default/pods?timeout=1s" || got.RequestURI != got.URL.String() {
		t.Errorf("%s %s %s", got.Method, got.URL, got.RequestURI)
	}
	if got.Context().Value(key{}) != "user" || got.RemoteAddr != from.RemoteAddr || got.Host != from.Host {
		t.Errorf("the request is not the client's: %+v", got)
	}
	want := http.Header{
		"Accept": {ProtobufType + "," + JSONType}, "Content-Type": {ProtobufType}, "User-Agent": {"curl"}, "Impersonate-User": {"u"},
	}
	for name := range got.Header {
		if got.Header.Get(name) != want.Get(name) {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want.Get(name))
		}
	}
	if len(got.Header) != len(want) {
		t.Errorf("headers %v, want %v", got.Header, want)
	}
	sent, err := api.Decode(got.Header.Get("Content-Type"), body)
	if p, ok := sent.(*corev1.Pod); err != nil || !ok || p.Name != "sent" || int(got.ContentLength) != len(body) {
		t.Errorf("the body is %v (%v) of %d bytes", sent, err, got.ContentLength)
	}
}

// A path is escaped once, when the request is built.
func TestPathsAreEscapedOnce(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/v1/pods/a b": "/api/v1/pods/a%20b", "/api/v1/pods/ü": "/api/v1/pods/%C3%BC", "/api/v1/pods/a%2fb": "/api/v1/pods/a%252fb",
		"/api/v1/pods/a?b": "/api/v1/pods/a%3Fb", "/api/v1/pods/a#b": "/api/v1/pods/a%23b",
	} {
		r := request(client(t), http.MethodGet, path, nil, nil)
		if r.RequestURI != want || r.URL.Path != path {
			t.Errorf("%s is requested as %s", path, r.RequestURI)
		}
	}
}

// Each answer is an object, a refusal with its reason, or an error that says what came.
func TestAnswers(t *testing.T) {
	t.Parallel()
	notFound := apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "p")
	success := &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess}
	for name, c := range map[string]struct {
		api    http.Handler
		want   string // the type of the object
		reason metav1.StatusReason
		text   string // in the error
	}{
		"object":           {answering(200, ProtobufType, encode(t, pod("p"))), "*v1.Pod", "", ""},
		"object in JSON":   {answering(200, "application/json;charset=utf-8", []byte(`{"kind":"Pod","apiVersion":"v1"}`)), "*v1.Pod", "", ""},
		"success":          {answering(200, ProtobufType, encode(t, success)), "*v1.Status", "", ""},
		"refusal":          {answering(404, ProtobufType, refusal(t, notFound)), "", metav1.StatusReasonNotFound, `pods "p" not found`},
		"refusal with 200": {answering(200, ProtobufType, refusal(t, notFound)), "", metav1.StatusReasonNotFound, `pods "p" not found`},
		"plain text":       {answering(503, "text/plain", []byte(" the store is away\n")), "", metav1.StatusReasonInternalError, "the store is away"},
		"garbage":          {answering(200, ProtobufType, []byte("garbage")), "", "", "read the API server's answer (200)"},
		"unknown kind":     {answering(201, JSONType, []byte(`{"kind":"X","apiVersion":"v7"}`)), "", "", "read the API server's answer (201)"},
		"nothing":          {answering(0, "", nil), "", "", "read the API server's answer (200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := New(c.api).Do(client(t), http.MethodGet, Root+"/pods/p", nil, nil)
			if c.want != "" {
				if got := typeOf(o); err != nil || got != c.want {
					t.Errorf("%s, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.text) || Reason(err) != c.reason {
				t.Errorf("%v with reason %q, want %q with %q", err, Reason(err), c.text, c.reason)
			}
		})
	}
}

func typeOf(o runtime.Object) string {
	switch o.(type) {
	case *corev1.Pod:
		return "*v1.Pod"
	case *metav1.Status:
		return "*v1.Status"
	}
	return "another type"
}

// A client that has left is told so, and not that the answer is empty.
func TestClientHasLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(answering(0, "", nil)).Do(client(t).WithContext(ctx), http.MethodGet, "/", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestNamespaceMissing(t *testing.T) {
	t.Parallel()
	group := func(resource string) schema.GroupResource { return schema.GroupResource{Resource: resource} }
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"namespace": {&Error{apierrors.NewNotFound(group("namespaces"), "n").Status()}, true},
		"wrapped":   {errors.Join(&Error{apierrors.NewNotFound(group("namespaces"), "n").Status()}), true},
		"pod":       {&Error{apierrors.NewNotFound(group("pods"), "n").Status()}, false},
		"forbidden": {&Error{apierrors.NewForbidden(group("namespaces"), "n", nil).Status()}, false},
		"bare":      {&Error{metav1.Status{Reason: metav1.StatusReasonNotFound}}, false},
		"other":     {errors.New("x"), false},
		"none":      {nil, false},
	} {
		if NamespaceMissing(c.err) != c.want {
			t.Errorf("%s: %t", name, !c.want)
		}
	}
}

// A forwarded request keeps what the client sent, but for the path.
func TestForward(t *testing.T) {
	t.Parallel()
	var got *http.Request
	api := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; w.WriteHeader(http.StatusTeapot) }))
	from := httptest.NewRequest(http.MethodPut, "/old?a=b", strings.NewReader("body"))
	from.Header.Set("X-Any", "x")
	w := httptest.NewRecorder()
	api.Forward(w, from, "/new/a b", "c=d")
	body, err := io.ReadAll(got.Body)
	if w.Code != http.StatusTeapot || got.Method != http.MethodPut || got.RequestURI != "/new/a%20b?c=d" || got.Header.Get("X-Any") != "x" ||
		err != nil || string(body) != "body" {
		t.Errorf("%d %s %s %v %q", w.Code, got.Method, got.RequestURI, got.Header, body)
	}
	if from.URL.Path != "/old" {
		t.Errorf("the client's own request was changed: %s", from.URL)
	}
}

func TestGetJSON(t *testing.T) {
	t.Parallel()
	var accept string
	api := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept = r.Header.Get("Accept")
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "{}")
	}))
	if code, body := api.GetJSON(client(t), "/api"); code != http.StatusAccepted || string(body) != "{}" || accept != JSONType {
		t.Errorf("%d %s for %s", code, body, accept)
	}
}

func TestNewObject(t *testing.T) {
	t.Parallel()
	if o, err := NewObject("Node"); err != nil || o.(*corev1.Node) == nil {
		t.Errorf("%T, %v", o, err)
	}
	if o, err := NewObject("Minion"); err == nil {
		t.Errorf("%T", o)
	}
}
