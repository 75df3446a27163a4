package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// TestMain builds what the tests run: both programs, the examples' images, and the
// current kubectl and kube-scheduler.
func TestMain(m *testing.M) {
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	undo, err := guard()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	undo()
	printPromises()
	os.Exit(code)
}

func prepare() error {
	if err := cluster.Build(); err != nil {
		return fmt.Errorf("building the programs: %w", err)
	}
	for _, args := range [][]string{
		{"scripts/docker.sh"},
		{"scripts/image.sh", "words"},
		{"scripts/image.sh", "nginx"},
		{"scripts/image.sh", "guestbook"},
		{"go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "bin/", "k8s.io/kubernetes/cmd/kubectl", "k8s.io/kubernetes/cmd/kube-scheduler"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Path = args[0]
		if filepath.Base(args[0]) == args[0] {
			path, err := exec.LookPath(args[0])
			if err != nil {
				return err
			}
			cmd.Path = path
		}
		cmd.Dir = cluster.Root()
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%v: %w", args, err)
		}
	}
	return nil
}
