package taskinfo

import (
	"os/exec"
	"testing"
	"time"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"/opt/mesos/executor_runner":                    "executor_runner",
		"executor_runner":                               "executor_runner",
		"http://10.0.0.1:8081/3f2a/executor_runner":     "executor_runner",
		"https://h/x/executor_runner?version=2#section": "executor_runner",
		"hdfs://name/user/run it":                       "run it",
		"/opt/mesos/":                                   "",
		"http://host":                                   "",
		"":                                              "",
	} {
		if got := (Executor{URI: uri}).FileName(); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

func TestExecutorInfo(t *testing.T) {
	t.Parallel()
	e := Executor{URI: "http://h/ab12/run it?x=1", Cache: true, Arguments: []string{"-v=2", "-root=/tmp/it's"}, ShutdownGrace: time.Minute}
	info := e.Info("F-1", nil)
	if got, want := info.Command.GetValue(), `exec './run it' -v=2 '-root=/tmp/it'\''s'`; got != want {
		t.Errorf("command %s, want %s", got, want)
	}
	uri := info.Command.Uris[0]
	if uri.GetValue() != e.URI || !uri.GetExecutable() || !uri.GetCache() || uri.GetOutputFile() != "run it" {
		t.Errorf("uri %v", uri)
	}
	if !info.Command.GetShell() || info.GetExecutorId().GetValue() != "kubernetes" || info.ShutdownGracePeriod.GetNanoseconds() != 60e9 {
		t.Errorf("info %v", info)
	}
}

// The result of quote is one word for a real shell.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"", "plain-1.2/x", "two words", "it's", "$HOME `id` \"x\" \\ ; | *", "ü\n"} {
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q came back as %q, %v", word, out, err)
		}
	}
}
