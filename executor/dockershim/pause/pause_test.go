package pause

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// The program for this machine runs, exits with 0 on SIGTERM and SIGINT, and survives
// other signals.
func TestProgramEndsAtSignal(t *testing.T) {
	t.Parallel()
	code, err := program(runtime.GOARCH)
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "pause")
	if err := os.WriteFile(path, code, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(end.String(), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(path)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGCHLD, end} {
				// A signal before the program has blocked it would end it with that signal.
				waitAsleep(t, cmd.Process.Pid)
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("pause ended badly: %v", err)
			}
		})
	}
}

func TestImageIsReproducible(t *testing.T) {
	t.Parallel()
	for _, arch := range []string{"amd64", "arm64"} {
		a, err := New(arch)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := New(arch)
		if a.Name != b.Name || string(a.Tar) != string(b.Tar) {
			t.Errorf("%s: two images differ", arch)
		}
	}
	if _, err := New("sparc"); err == nil {
		t.Error("sparc: no error")
	}
}
