package mountns

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// life is what a program finds after Enter.
type life struct {
	PID       int
	Namespace string
	Dir       string
	Args      []string
	Marked    bool
	Note      string
	Err       string
	Sees      bool // the file that is hidden by a private mount
}

// TestMain is also the program that the tests start in its own namespace, with the
// daemon's endpoint and a file to look at as arguments.
func TestMain(m *testing.M) {
	if os.Getenv("MOUNTNS_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	note, err := Enter(os.Args[1])
	own, _ := namespace("self")
	dir, _ := os.Getwd()
	_, marked := os.LookupEnv(marker)
	l := life{PID: os.Getpid(), Namespace: own, Dir: dir, Args: os.Args, Marked: marked, Note: note}
	if err != nil {
		l.Err = err.Error()
	}
	_, missing := os.Stat(os.Args[2])
	l.Sees = missing == nil
	if err := json.NewEncoder(os.Stdout).Encode(l); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// world is this machine, seen from a test: a socket at which the test itself
// plays the daemon, and a directory with a file in it.
type world struct {
	*testing.T
	dir, endpoint, file string
}

func newWorld(t *testing.T) world {
	t.Helper()
	if os.Getuid() != 0 {
		realdocker.Absent(t, "entering a namespace takes root")
	}
	dir := t.TempDir()
	w := world{t, dir, "unix://" + filepath.Join(dir, "docker.sock"), filepath.Join(dir, "volume", "file")}
	l, err := net.Listen("unix", filepath.Join(dir, "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := os.MkdirAll(filepath.Dir(w.file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file, []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// program runs this test as the program, through a shell command in which $0 is the test.
func (w world) program(shell, endpoint string, env ...string) life {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", shell, self, endpoint, w.file)
	cmd.Env = append(os.Environ(), append([]string{"MOUNTNS_PROGRAM=1", "MESOS_DIRECTORY=" + w.dir}, env...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.Fatalf("%v: %s", err, stderr.String())
	}
	var l life
	if err := json.Unmarshal(out, &l); err != nil {
		w.Fatalf("%v in %q", err, out)
	}
	return l
}

// private returns a command prefix that runs the rest in its own mount namespace, where
// something is mounted over the volume.
func (w world) private() string {
	return fmt.Sprintf("exec unshare --mount --propagation private sh -c 'mount -t tmpfs none %s && exec \"$0\" \"$@\"' ", filepath.Dir(w.file))
}

// A program started in a private namespace moves to the daemon's: with the same process,
// arguments and directory, and nothing left in its environment that would keep a later
// replacement from checking again.
func TestEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, err := namespace("self")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		shell string
		moved bool
	}{
		"with the daemon": {`exec "$0" "$@"`, false},
		"elsewhere":       {w.private() + `"$0" "$@"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := w.program(c.shell, w.endpoint)
			if got.Err != "" || got.Namespace != own || !got.Sees || got.Marked {
				t.Errorf("got %+v, want to be in %s", got, own)
			}
			if strings.Join(got.Args[1:], " ") != w.endpoint+" "+w.file {
				t.Errorf("the arguments are %q", got.Args)
			}
			if moved := strings.Contains(got.Note, "now in that of Docker's daemon"); moved != c.moved {
				t.Errorf("note %q, though moved is %v", got.Note, c.moved)
			}
			if c.moved && got.Dir != w.dir {
				t.Errorf("works in %s, not in the sandbox %s", got.Dir, w.dir)
			}
		})
	}
}

// Without the sandbox the root directory is used, and the note says so.
func TestSandboxIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.program(w.private()+`"$0" "$@"`, w.endpoint, "MESOS_DIRECTORY="+w.dir+"/none")
	if got.Err != "" || got.Dir != "/" || !strings.Contains(got.Note, w.dir+"/none is not visible") {
		t.Errorf("got %+v", got)
	}
}

// If the daemon's namespace cannot be entered, or is unknown, the program goes on and
// the reason is returned.
func TestCannotEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		shell, env, want string
	}{
		"a pid namespace of its own":        {`unshare --mount --pid --fork --mount-proc "$0" "$@"`, "", "pid namespace"},
		"a pid namespace without its /proc": {`unshare --mount --pid --fork "$0" "$@"`, "", "another pid namespace"},
		"a user namespace of its own":       {`unshare --mount --user --map-root-user "$0" "$@"`, "", "mount namespace of Docker's daemon: "},
		"another path of the socket": {fmt.Sprintf(`unshare --mount sh -c 'mkdir %[1]s/elsewhere && mount --bind %[1]s %[1]s/elsewhere && mount -t tmpfs none %[1]s/volume && exec "$0" unix://%[1]s/elsewhere/docker.sock "$2"' "$0" "$@"`, w.dir),
			"", "another path"},
		"moved in vain": {w.private() + `"$0" "$@"`, marker + "=1", "still in another one"},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.program(c.shell, w.endpoint, c.env)
			if !strings.Contains(got.Err, c.want) || got.Marked {
				t.Errorf("got %+v, want an error with %q", got, c.want)
			}
		})
	}
}

// Without a socket, the machine's first process stands for the daemon. Here a shell
// plays it, since the real one may not be accessible.
func TestNoSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	machine := `unshare --mount --pid --fork --mount-proc sh -c 'touch %s; unshare --mount --propagation private sh -c "mount -t tmpfs none %s && exec \"\$0\" \"\$@\"" "$0" "$@"; exit $?' "$0" "$@"`
	for _, endpoint := range []string{"tcp://127.0.0.1:2375", w.endpoint + ".none"} {
		got := w.program(fmt.Sprintf(machine, w.file, filepath.Dir(w.file)), endpoint)
		if got.Err != "" || !got.Sees || got.Note == "" {
			t.Errorf("%s: got %+v, want to be where process 1 is", endpoint, got)
		}
	}
}
