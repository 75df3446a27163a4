// Package realdocker hands tests a Docker daemon that has just answered and a
// small image to run on it. Without a daemon a test is skipped with the reason;
// where CI=true it fails instead, so that nothing is left untested unseen.
package realdocker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// answerTime is how long a daemon may take to return its version.
const answerTime = time.Minute

// Need skips the test unless a Docker daemon answers, as Absent does.
func Need(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if _, err := docker(ctx, nil, "version"); err != nil {
		Absent(t, fmt.Sprintf("no Docker daemon: %v", err))
	}
}

// Absent skips a test because this machine lacks something, or fails it in CI, where
// nothing may be missing.
func Absent(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// Busybox makes an image that has a static busybox (Debian's package busybox-static)
// under the names sh, sleep and so on, and removes it when t ends.
func Busybox(t testing.TB) string {
	t.Helper()
	Need(t)
	name, remove, err := MakeBusybox(context.Background())
	if err != nil {
		Absent(t, err.Error())
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	return name
}

// MakeBusybox is Busybox for the life of a whole test binary. The caller removes the
// image.
func MakeBusybox(ctx context.Context) (name string, remove func() error, err error) {
	files, err := busyboxFiles()
	if err != nil {
		return "", nil, err
	}
	name = "kubernetes-mesos-test/busybox:" + strings.ToLower(rand.Text()[:10])
	_, err = docker(ctx, files, "import", "--change", "ENV PATH=/bin", "--change", `CMD ["sh"]`, "--change", "LABEL imagelabel=fromimage", "-", name)
	if err != nil {
		return "", nil, err
	}
	return name, func() error {
		_, err := docker(context.Background(), nil, "rmi", "--force", name)
		return err
	}, nil
}

// Docker runs the docker command and returns its output.
func Docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := docker(t.Context(), nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func docker(ctx context.Context, stdin []byte, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// applets are the commands that tests use.
var applets = []string{
	"sh", "sleep", "cat", "echo", "ls", "id", "ps", "env", "true", "false", "hostname",
	"nc", "wget", "httpd", "touch", "dd", "head", "yes", "kill", "printf", "test", "stty", "grep", "seq", "tar",
}

func busyboxFiles() ([]byte, error) {
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return nil, fmt.Errorf("a static busybox is needed, Debian's package busybox-static: %w", err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	write := func(h *tar.Header, content []byte) {
		h.Size = int64(len(content))
		err = errors.Join(err, w.WriteHeader(h))
		_, writeErr := w.Write(content)
		err = errors.Join(err, writeErr)
	}
	write(&tar.Header{Name: "bin/busybox", Mode: 0o755, Typeflag: tar.TypeReg}, program)
	for _, name := range applets {
		write(&tar.Header{Name: "bin/" + name, Linkname: "busybox", Typeflag: tar.TypeSymlink, Mode: 0o777}, nil)
	}
	write(&tar.Header{Name: "tmp", Mode: 0o1777, Typeflag: tar.TypeDir}, nil)
	write(&tar.Header{Name: "etc/passwd", Mode: 0o644, Typeflag: tar.TypeReg}, []byte("root:x:0:0:root:/:/bin/sh\nweb:x:1234:1234::/:/bin/sh\n"))
	write(&tar.Header{Name: "etc/group", Mode: 0o644, Typeflag: tar.TypeReg}, []byte("root:x:0:\nweb:x:1234:\n"))
	return b.Bytes(), errors.Join(err, w.Close())
}

// DockerLast is Docker for t.Cleanup, when the test's context has ended. It returns ""
// if the command fails.
func DockerLast(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := docker(ctx, nil, args...)
	if err != nil {
		t.Error(err)
	}
	return out
}
