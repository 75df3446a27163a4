package localport

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// TestMain turns this program into the client of TestUsers if it gets a URL.
func TestMain(m *testing.M) {
	if url := os.Getenv("LOCALPORT_TEST_GET"); url != "" {
		resp, err := http.Get(url)
		if err != nil {
			io.WriteString(os.Stdout, err.Error())
			os.Exit(1)
		}
		io.WriteString(os.Stdout, resp.Status+" ")
		io.Copy(os.Stdout, resp.Body)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// get makes a request as another user; the child reads this program from a file
// opened for it, as other users may have no access to its directory.
func get(t *testing.T, url string, uid uint32) string {
	t.Helper()
	program, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{program}
	cmd.Dir, cmd.Env = "/", []string{"LOCALPORT_TEST_GET=" + url}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("client: %v %s", err, out)
	}
	return string(out)
}

func TestUsers(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		realdocker.Absent(t, "only root can run a client as another user")
	}
	for _, c := range []struct {
		name, listen string
		users        []string
		uid          uint32
		want         string
	}{
		{"root", "127.0.0.1:0", nil, 0, "200 OK in"},
		{"another user", "127.0.0.1:0", nil, 65534, `uid 65534 may not use it: -local_port_users=65534 lets it in`},
		{"another user by IPv6", "[::1]:0", nil, 65534, "403 Forbidden"},
		{"root by IPv6", "[::1]:0", nil, 0, "200 OK in"},
		{"IPv4 at a listener for both", "[::]:0", nil, 65534, "uid 65534"},
		{"root at a listener for both", "[::]:0", nil, 0, "200 OK in"},
		{"a listed uid", "127.0.0.1:0", []string{"65534"}, 65534, "200 OK in"},
		{"another's uid", "127.0.0.1:0", []string{"65533"}, 65534, "403 Forbidden"},
		{"a listed name", "127.0.0.1:0", []string{"nobody"}, 65534, "200 OK in"},
		{"everybody", "127.0.0.1:0", []string{"*"}, 65534, "200 OK in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			users, err := ParseUsers(c.users, "-local_port_users")
			if err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("tcp", c.listen)
			if err != nil {
				realdocker.Absent(t, err.Error())
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") })
			go func() { New(l, h, users, time.Second, logr.Discard()).Run(ctx); close(done) }()
			defer func() { cancel(); <-done }()
			url := "http://" + strings.Replace(l.Addr().String(), "[::]", "127.0.0.1", 1)
			if got := get(t, url, c.uid); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestUnknownUsers(t *testing.T) {
	t.Parallel()
	if _, err := ParseUsers([]string{"no-such-user"}, "-local_port_users"); err == nil || !strings.Contains(err.Error(), `"no-such-user"`) {
		t.Errorf("got %v", err)
	}
}

// A peer that has closed its socket no longer has a user, and must not pass as root.
// This test runs alone: a process started by another test also holds the socket until
// it executes its program.
func TestClosedPeerIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if reason := (Users{}).refusal(c); reason != "" {
		t.Errorf("an open peer of our own: %s", reason)
	}
	client.Close()
	if reason := (Users{}).refusal(c); !strings.Contains(reason, "is not known") {
		t.Errorf("a closed peer: %q", reason)
	}
}
