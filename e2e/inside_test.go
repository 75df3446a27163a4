package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// kubectl works inside running pods.
func TestKubectlInsidePods(t *testing.T) {
	s := newStage(t)
	web := func(changes ...func(*v1.PodSpec)) *v1.Pod {
		return s.script("echo began; printf of-the-pod >/tmp/word; exec httpd -f -p 8080 -h /tmp", append(changes, probes(nil,
			every(v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: "/word", Port: intstr.FromInt32(8080)}}, 1), nil))...)
	}
	reader := s.script("while read -r word; do echo got $word; done; echo over", func(spec *v1.PodSpec) {
		spec.Containers[0].Stdin, spec.Containers[0].StdinOnce = true, true
	})
	terminal := s.script("read -r word; echo got $word from $(tty)", func(spec *v1.PodSpec) { spec.Containers[0].Stdin, spec.Containers[0].TTY = true, true })
	s.play(t, []fate{
		{name: "exec", pod: web(), becomes: becameReady, then: func(t *testing.T) { s.execute(t, "exec") }},
		{name: "terminal", pod: web(), becomes: becameReady, then: func(t *testing.T) { s.terminal(t, "terminal") }},
		{name: "attach", pod: reader, becomes: phase(v1.PodRunning), then: func(t *testing.T) {
			expect(t, s.kubectl(t, "one\ntwo\n", "attach", "-i", "attach"), "got one\n", "got two\n", "over")
			s.await(t, "attach", phase(v1.PodSucceeded))
		}},
		{name: "attach-terminal", pod: terminal, becomes: phase(v1.PodRunning), then: func(t *testing.T) {
			expect(t, s.onTerminal(t, "word\n", "attach -it attach-terminal"), "got word from /dev/")
		}},
		{name: "forward", pod: web(), becomes: becameReady, then: func(t *testing.T) { s.forward(t, "forward") }},
		{name: "copy", pod: web(), becomes: becameReady, then: func(t *testing.T) { s.copy(t, "copy") }},
		{name: "debug", pod: web(func(spec *v1.PodSpec) { spec.Containers[0].Env = []v1.EnvVar{{Name: "MARK", Value: "of-main"}} }), becomes: becameReady, then: func(t *testing.T) { s.debug(t, "debug") }},
		{name: "logs", pod: s.script("echo one; echo two >&2; until test -f /tmp/go; do sleep 0.1; done; echo three; exit 1", policy(v1.RestartPolicyAlways)),
			becomes: phase(v1.PodRunning), then: func(t *testing.T) { s.logs(t, "logs") }},
	})
}

func (s *stage) execute(t *testing.T, pod string) {
	expect(t, s.kubectl(t, "", "exec", pod, "--", "cat", "/tmp/word"), "of-the-pod")
	expect(t, s.kubectl(t, "of-the-user", "exec", "-i", pod, "--", "sh", "-c", "echo it is $(cat)"), "it is of-the-user\n")

	cmd := s.command(t.Context(), t, "", "exec", pod, "--", "sh", "-c", "echo out; echo err >&2; exit 7")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, _ := cmd.Output() // the exit code is checked
	if string(out) != "out\n" || !strings.HasPrefix(errs.String(), "err\n") || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("written %q and %q, exit code %d", out, errs.String(), cmd.ProcessState.ExitCode())
	}

	big := strings.Repeat("0123456789abcde\n", 1<<16)
	if got := s.kubectl(t, big, "exec", "-i", pod, "--", "cat"); got != big {
		t.Errorf("%d bytes went in, %d came back", len(big), len(got))
	}
}

// terminal checks what a user sees on a terminal of 33 rows and 111 columns.
func (s *stage) terminal(t *testing.T, pod string) {
	expect(t, s.onTerminal(t, "", "exec -it "+pod+" -- sh -c 'tty; until stty size | grep \"33 111\"; do sleep 0.1; done'"), "/dev/", "33 111")
	expect(t, s.onTerminal(t, "echo $((6 * 7))\nexit\n", "exec -it "+pod+" -- sh"), "42")
}

// onTerminal runs kubectl on a terminal made by script(1), with typed input, and
// returns what it shows.
func (s *stage) onTerminal(t *testing.T, typed, args string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fateTime)
	defer cancel()
	cmd := s.command(ctx, t, typed)
	line := "stty rows 33 cols 111; exec " + strings.Join(cmd.Args, " ") + " " + args
	script := exec.CommandContext(ctx, "script", "--quiet", "--return", "--command", line, "/dev/null")
	script.Env, script.Stdin = cmd.Env, cmd.Stdin
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s on a terminal: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *stage) forward(t *testing.T, pod string) {
	ctx, cancel := context.WithTimeout(t.Context(), fateTime)
	defer cancel()
	cmd := s.command(ctx, t, "", "port-forward", "pod/"+pod, ":8080")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	line, err := bufio.NewReader(out).ReadString('\n') // Forwarding from 127.0.0.1:PORT -> 8080
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		resp, err := http.Get("http://" + between(line, "from ", " ->") + "/word")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "of-the-pod" {
			t.Errorf("answered %q, %v", body, err)
		}
	}
}

func (s *stage) copy(t *testing.T, pod string) {
	dir := t.TempDir()
	there, back := filepath.Join(dir, "there"), filepath.Join(dir, "back")
	text := strings.Repeat("from here\n", 1<<16)
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(there, "file"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.kubectl(t, "", "cp", there, pod+":/tmp/copied")
	expect(t, s.kubectl(t, "", "exec", pod, "--", "sh", "-c", "wc -c /tmp/copied/file"), "655360")
	s.kubectl(t, "", "cp", pod+":/tmp/copied", back)
	if got, err := os.ReadFile(filepath.Join(back, "file")); err != nil || string(got) != text {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(text), err)
	}
}

// debug adds an ephemeral container to a pod: it sees the pod's network and the
// processes of its target container.
func (s *stage) debug(t *testing.T, pod string) {
	s.kubectl(t, "", "debug", pod, "--image="+s.image, "--image-pull-policy=Never", "--container=look", "--target=main", "--",
		"sh", "-c", "wget -qO- http://127.0.0.1:8080/word; cat /proc/1/environ | tr '\\0' '\\n'; exit 5")
	s.await(t, pod, func(pod *v1.Pod) string { return differ(exitCode(pod, "look"), int32(5)) })
	expect(t, s.log(pod, "look"), "of-the-pod", "MARK=of-main")
	if main := container(get(t, s.Cluster, pod), "main"); main.State.Running == nil || main.RestartCount != 0 {
		t.Errorf("the container that was looked at is %+v", main)
	}
}

func (s *stage) logs(t *testing.T, pod string) {
	follow := s.command(t.Context(), t, "", "logs", "-f", pod)
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	followed := bufio.NewReader(out)
	shown := ""
	for range 2 {
		line, err := followed.ReadString('\n')
		if err != nil {
			t.Fatalf("following shows %q and %q, then %v", shown, line, err)
		}
		shown += line
	}
	expect(t, shown, "one\n", "two\n") // of two streams, in any order
	s.kubectl(t, "", "exec", pod, "--", "touch", "/tmp/go")
	if rest, err := io.ReadAll(followed); err != nil || string(rest) != "three\n" { // it ends with the container
		t.Errorf("following goes on with %q, %v", rest, err)
	}
	if err := follow.Wait(); err != nil {
		t.Error(err)
	}
	s.await(t, pod, becameRestarted)
	expect(t, s.kubectl(t, "", "logs", "--previous", pod), "one\n", "two\n", "three\n")
	if now := s.kubectl(t, "", "logs", pod); strings.Contains(now, "three") {
		t.Errorf("the container that runs now has the log of the one before: %q", now)
	}
	if last := s.kubectl(t, "", "logs", "--previous", "--tail=1", "--timestamps", pod); strings.Count(last, "\n") != 1 || !strings.HasSuffix(last, "Z three\n") {
		t.Errorf("the last line with its time is %q", last)
	}
}

func expect(t *testing.T, out string, want ...string) {
	t.Helper()
	if !containsAll(out, want) {
		t.Errorf("the output does not contain all of %q:\n%s", want, out)
	}
}
