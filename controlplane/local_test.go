package controlplane

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// localClient returns a client of the local port without credentials, like
// kubectl -s http://localhost:8080.
func localClient(t *testing.T) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(&rest.Config{Host: "http://" + shared.LocalAddr()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// request makes one request to the local port.
func request(t *testing.T, method, path, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+shared.LocalAddr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestLocalPort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		code                     int
		says                     string
	}{
		{"ready", "GET", "/readyz", "", nil, 200, "ok"},
		{"version", "GET", "/version", "", nil, 200, `"minor": "36"`},
		{"a list", "GET", "/api/v1/nodes", "", nil, 200, `"NodeList"`},
		{"the door", "GET", "/door", "", nil, 200, "here"},
		{"through the door", "GET", "/door-to/api/v1/secrets", "", nil, 200, `"SecretList"`},
		{"bad credentials do no harm", "GET", "/api/v1/secrets", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer nonsense") }, 200, `"SecretList"`},
		{"another host's name", "GET", "/api/v1/nodes", "", func(r *http.Request) { r.Host = "evil.example" }, 403, "not this machine"},
		{"another page", "POST", "/api/v1/namespaces", "{}", func(r *http.Request) {
			r.Header.Set("Origin", "http://evil.example")
			r.Header.Set("Content-Type", "text/plain")
		}, 403, "web pages"},
		{"another page at the door", "GET", "/door", "", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403, "web pages"},
		{"malformed", "POST", "/api/v1/namespaces", "{", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "BadRequest"},
		{"no profile", "GET", "/debug/pprof/", "", nil, 404, ""},
		{"no flags", "GET", "/debug/flags/v", "", nil, 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, body := request(t, c.method, c.path, c.body, c.change)
			if code != c.code || !strings.Contains(body, c.says) {
				t.Errorf("%d %s, want %d and %q", code, body, c.code, c.says)
			}
		})
	}
}

func TestLocalIdentity(t *testing.T) {
	t.Parallel()
	review, err := localClient(t).AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := review.Status.UserInfo.Username; got != localUser {
		t.Errorf("the caller is %q, want %q", got, localUser)
	}
	// Impersonation reduces a caller's rights.
	config := &rest.Config{Host: "http://" + shared.LocalAddr(), Impersonate: rest.ImpersonationConfig{UserName: "nobody"}}
	nobody, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.CoreV1().Secrets("").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("as nobody: %v, want it forbidden", err)
	}
}

// A client creates, watches, changes and deletes an object on the local port.
func TestLocalLifeOfAnObject(t *testing.T) {
	t.Parallel()
	ctx, maps := t.Context(), localClient(t).CoreV1().ConfigMaps("default")
	m, err := maps.Create(ctx, configMap("life"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := maps.Watch(ctx, metav1.SingleObject(m.ObjectMeta))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	m.Data["a"] = "2"
	if _, err := maps.Update(ctx, m, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := maps.Delete(ctx, m.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var saw []string
	for range 2 {
		select {
		case e := <-w.ResultChan():
			saw = append(saw, string(e.Type))
		case <-time.After(patience):
			t.Fatal("the watch is silent")
		}
	}
	if got := strings.Join(saw, " "); got != "MODIFIED DELETED" {
		t.Errorf("the watch saw %s", got)
	}
	if _, err := maps.Get(ctx, m.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after its deletion: %v", err)
	}
}

// A websocket upgrade passes guard, door and filters.
func TestLocalUpgrade(t *testing.T) {
	t.Parallel()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", shared.LocalAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /api/v1/namespaces?watch=1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://localhost\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("answer %s, want 101", resp.Status)
	}
}

func TestEtcdForOurRecords(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const key = "/kubernetes-mesos/test"
	if _, err := shared.Etcd().Put(ctx, key, "1"); err != nil {
		t.Fatal(err)
	}
	got, err := shared.Etcd().Get(ctx, key)
	if err != nil || len(got.Kvs) != 1 || string(got.Kvs[0].Value) != "1" {
		t.Errorf("read back %v, %v", got, err)
	}
}
