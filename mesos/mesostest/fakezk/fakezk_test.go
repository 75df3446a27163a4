package fakezk

import (
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
)

// quiet discards what the client logs.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// A real client finds what it is to find: children, data, and what has vanished.
func TestClient(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Nodes: map[string]string{"/mesos/a": "1", "/mesos/b": "2"}, Vanish: "/mesos/b"}
	s.Start(t, l)
	conn, _, err := zk.Connect([]string{l.Addr().String()}, 10*time.Second, zk.WithLogger(quiet{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if err := conn.AddAuth("digest", []byte("u:p")); err != nil || s.Auth() != "digest u:p" {
		t.Errorf("credentials %q, %v", s.Auth(), err)
	}
	children, _, err := conn.Children("/mesos")
	slices.Sort(children)
	if err != nil || !slices.Equal(children, []string{"a", "b"}) {
		t.Errorf("children %v, %v", children, err)
	}
	if data, _, err := conn.Get("/mesos/a"); err != nil || string(data) != "1" {
		t.Errorf("data %q, %v", data, err)
	}
	if _, _, err := conn.Get("/mesos/b"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("what has vanished: %v", err)
	}
	s.Set(map[string]string{"/other/x": ""})
	if _, _, err := conn.Children("/mesos"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("a path without nodes: %v", err)
	}
}
