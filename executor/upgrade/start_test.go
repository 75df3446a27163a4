package upgrade

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// life is what a program finds after another one has started it in its place.
type life struct {
	PID     int
	Exe     string
	Args    []string
	Secret  string
	State   string
	Leaks   bool   // the secret is in the environment
	Open    string // what is read from the descriptor that was handed over
	Files   []string
	Problem string
}

// TestMain is also the program that the tests start. Its first life hands over to the
// program at $NEXT; the second one reports what it has found.
func TestMain(m *testing.M) {
	dir := os.Getenv("PROGRAM_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	h, err := Receive()
	if h == nil && err == nil {
		p := New(dir, os.Args[1:], map[string]string{"MESOS_TOKEN": "s3cret"})
		r, w, failed := os.Pipe()
		if failed != nil {
			os.Exit(1)
		}
		_, _ = w.WriteString("still open")
		p.Descriptors = func() map[string]int { return map[string]int{"pipe": int(r.Fd())} }
		err = p.Start(os.Getenv("NEXT"), []byte(`"of the first"`))
	}
	exe, _ := os.Readlink(self)
	l := life{PID: os.Getpid(), Exe: exe, Args: os.Args[1:], Leaks: strings.Contains(strings.Join(os.Environ(), " "), "s3cret")}
	if err != nil {
		l.Problem = err.Error()
	} else {
		l.Secret, l.State = h.Secrets["MESOS_TOKEN"], string(h.State)
		said, _ := io.ReadAll(os.NewFile(uintptr(h.Descriptors["pipe"]), "pipe"))
		l.Open = string(said)
	}
	l.Files, _ = filepath.Glob(filepath.Join(dir, "handover-*"))
	if err := json.NewEncoder(os.Stdout).Encode(l); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// lead runs a program that hands over to the file next in dir, and returns the result
// and its process id.
func lead(t *testing.T, dir, next string) (life, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-a", "b c")
	cmd.Env = append(os.Environ(), "PROGRAM_DIR="+dir, "NEXT="+filepath.Join(dir, next))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var l life
	if err := json.Unmarshal(out, &l); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return l, cmd.Process.Pid
}

// The next program is the same process with the same arguments, gets the handover, and
// leaves no trace of it.
func TestStart(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	next := filepath.Join(dir, "next")
	if err := os.WriteFile(next, append(own, "note"...), 0o755); err != nil {
		t.Fatal(err)
	}
	got, pid := lead(t, dir, "next")
	if got.PID != pid || got.Exe != next || !slices.Equal(got.Args, []string{"-a", "b c"}) || got.Problem != "" {
		t.Errorf("got %+v, want process %d and program %s", got, pid, next)
	}
	if got.Secret != "s3cret" || got.State != `"of the first"` || got.Open != "still open" || got.Leaks || len(got.Files) > 0 {
		t.Errorf("handed over: %+v", got)
	}
}

// If a program cannot be started, the running one goes on.
func TestStartFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "next"), []byte("\x7fELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, next := range []string{"next", "nothing"} {
		got, pid := lead(t, dir, next)
		own, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		if got.PID != pid || got.Exe != own || got.State != `"of the first"` || got.Problem != "" || len(got.Files) > 0 {
			t.Errorf("%s: got %+v, want process %d and program %s", next, got, pid, own)
		}
	}
}

// If nothing can be started, the error has all reasons.
func TestStartNothing(t *testing.T) {
	t.Parallel()
	p := New(t.TempDir(), nil, nil)
	busy := 3
	p.exec = func(path string, _, _ []string) error {
		if busy--; busy > 0 {
			return syscall.ETXTBSY
		}
		return syscall.EPERM
	}
	err := p.Start("/new", []byte("{}"))
	if !errors.Is(err, syscall.EPERM) || !strings.Contains(err.Error(), "/new") || !strings.Contains(err.Error(), self) {
		t.Errorf("got %v", err)
	}
	if busy != -1 {
		t.Errorf("tried %d times, want three and one", 3-busy)
	}
	if got := files(t, p.Dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
	p.Dir = "/nowhere"
	if err := p.Start("/new", []byte("{}")); err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("got %v", err)
	}
}
