package main

import (
	"os"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/upgrade"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// Credentials are known to this program and to none that it starts.
func TestSecrets(t *testing.T) {
	const token = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN"
	t.Setenv(token, "new")
	t.Setenv("MESOS_FRAMEWORK_ID", "F")
	t.Setenv("TOKEN_OF_SOMETHING", "theirs")
	s := takeSecrets(&upgrade.Handover{Secrets: map[string]string{token: "old", "MESOS_SECRET": "handed over"}})
	if len(s) != 2 {
		t.Errorf("secrets %v, want two", s)
	}
	for name, want := range map[string]string{token: "new", "MESOS_SECRET": "handed over", "MESOS_FRAMEWORK_ID": "F", "TOKEN_OF_SOMETHING": "theirs", "MESOS_NOTHING": ""} {
		if got := s.getenv(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, is := os.LookupEnv(token); is {
		t.Error("the token is in the environment still")
	}
	if takeSecrets(nil).getenv("MESOS_FRAMEWORK_ID") != "F" {
		t.Error("without a program before, the environment is lost")
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		agent mesos.ExecutorConfig
		want  string
	}{
		{mesos.ExecutorConfig{Sandbox: dir, Directory: "/nowhere"}, dir},
		{mesos.ExecutorConfig{Sandbox: "/mnt/mesos/sandbox/nowhere", Directory: dir}, dir},
		{mesos.ExecutorConfig{Sandbox: "/nowhere"}, "/root-dir"},
	} {
		if got := directory(c.agent, "/root-dir"); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.agent, got, c.want)
		}
	}
}
