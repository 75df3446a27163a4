package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// The README's transcript, command after command in one shell: each must print what the
// README shows. "…" stands for anything, and on a line of its own for any lines.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(cluster.Root(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := transcript(string(text))
	if len(steps) < 10 {
		t.Fatalf("the README has %d commands only", len(steps))
	}
	guardRanges(t)
	putAside(t, "/var/lib/kubernetes-mesos/framework")
	sh := newShell(t)
	for _, step := range steps {
		got := sh.run(step.command)
		if !step.matches(got) {
			logs, _ := exec.Command("tail", "-n", "20", filepath.Join(cluster.Root(), "framework.log")).CombinedOutput()
			t.Fatalf("$ %s\nprinted\n%s\nthe README says\n%s\nthe framework's log:\n%s", step.command, got, strings.Join(step.output, "\n"), logs)
		}
	}
}

// putAside moves away what is at path during the test, which uses the default directory,
// and restores it afterwards.
func putAside(t *testing.T, path string) {
	t.Helper()
	aside := fmt.Sprintf("%s.aside-%d", path, os.Getpid())
	if err := os.Rename(path, aside); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
		if err := os.Rename(aside, path); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	})
}

type step struct {
	command string
	output  []string
}

// transcript collects the commands of all console blocks and what each prints.
func transcript(text string) []step {
	var steps []step
	for _, block := range strings.Split(text, "```console\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for _, line := range strings.Split(strings.TrimSuffix(block, "\n"), "\n") {
			if command, is := strings.CutPrefix(line, "$ "); is {
				steps = append(steps, step{command: command})
			} else if len(steps) > 0 {
				last := &steps[len(steps)-1]
				last.output = append(last.output, line)
			}
		}
	}
	return steps
}

// matches compares loosely: all runs of blanks are equal, and "…" matches anything.
func (s step) matches(got string) bool {
	var pattern strings.Builder
	pattern.WriteString(`^\s*`)
	for _, line := range s.output {
		if strings.TrimSpace(line) == "…" {
			pattern.WriteString(`(?:.*\n)*`)
			continue
		}
		var parts []string
		for _, part := range strings.Split(line, "…") {
			part = regexp.QuoteMeta(strings.Join(strings.Fields(part), " "))
			parts = append(parts, strings.ReplaceAll(part, " ", `[ \t]+`))
		}
		pattern.WriteString(`[ \t]*` + strings.Join(parts, `.*`) + `[ \t]*\n`)
	}
	pattern.WriteString(`\s*$`)
	return regexp.MustCompile(pattern.String()).MatchString(strings.TrimRight(got, "\n") + "\n")
}

// shell is a bash that runs one command after another.
type shell struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

const endOfCommand = "--- end of command ---"

func newShell(t *testing.T) *shell {
	t.Helper()
	cmd := exec.Command("bash")
	cmd.Dir = cluster.Root()
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(cluster.Root(), "bin")+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What the commands left in the background is ended as by Ctrl-C, newest first.
	t.Cleanup(func() {
		fmt.Fprintln(in, `for job in $(jobs -p | tac); do kill $job; wait $job; done; rm -f mesos.log framework.log mesos.secret mesos.credentials; exit`)
		patience := time.AfterFunc(2*time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer patience.Stop()
		_ = cmd.Wait()
	})
	return &shell{t: t, in: in, out: bufio.NewReader(out)}
}

// run returns what the command prints.
func (s *shell) run(command string) string {
	s.t.Helper()
	s.t.Logf("$ %s", command)
	patience := time.AfterFunc(5*time.Minute, func() { panic("the README's command does not end: " + command) })
	defer patience.Stop()
	fmt.Fprintf(s.in, "%s\necho; echo '%s'\n", command, endOfCommand)
	var got strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("$ %s: the shell ended: %v\n%s", command, err, got.String())
		}
		if strings.TrimSpace(line) == endOfCommand {
			return got.String()
		}
		got.WriteString(line)
	}
}
