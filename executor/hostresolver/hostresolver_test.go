package hostresolver

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServers(t *testing.T) {
	t.Parallel()
	path := write(t, "# nameserver 9.9.9.9\nsearch example.com\nnameserver 10.0.0.2\nnameserver  fd00::2 \nnameserver fe80::1%eth0\nnameserver nonsense\nnameserver\n")
	if got := fmt.Sprint(Servers(path)); got != "[10.0.0.2 fd00::2]" {
		t.Errorf("got %s", got)
	}
	if got := Servers(path + ".none"); got != nil {
		t.Errorf("got %v of a file that is not there", got)
	}
}

// Pods cannot reach a stub on loopback, so the servers behind it are named, if they are known.
func TestFile(t *testing.T) {
	t.Parallel()
	plain, stub, servers, empty := write(t, "nameserver 10.0.0.2\n"), write(t, "nameserver 127.0.0.53\n"), write(t, "nameserver 10.0.0.3\n"), write(t, "")
	for _, c := range []struct{ usual, behind, want string }{
		{plain, servers, plain}, {stub, servers, servers}, {stub, empty, stub}, {stub, plain + ".none", stub}, {empty, servers, empty},
	} {
		if got := choose(c.usual, c.behind); got != c.want {
			t.Errorf("got %s of %+v", got, c)
		}
	}
	if got := File("/etc/mine"); got != "/etc/mine" {
		t.Errorf("got %s instead of what was given", got)
	}
}
