package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// A principal's secret is on no page, in no executor's environment or command
// line, not below the work directory and in no log, however much is logged.
func TestSecretIsNowhere(t *testing.T) {
	t.Parallel()
	const secret = "open-sesame-4711"
	cfg := quick()
	cfg.Credentials, cfg.WorkDir, cfg.FaultPages = map[string]string{"fw": secret}, t.TempDir(), true
	var log lines
	cfg.Log = funcr.New(log.add, funcr.Options{Verbosity: 9})
	m := start(t, cfg)
	f := connect(t, m, func(i *mesospb.FrameworkInfo, c *mesos.SchedulerConfig) {
		c.Principal, c.Secret, c.Log = "fw", secret, cfg.Log
	})
	o := f.launch("a", "ex-a", run)
	var places []string
	note := func(place, text string) {
		if strings.Contains(text, secret) {
			t.Errorf("%s has the secret", place)
		}
		places = append(places, place)
	}
	note("environment", f.message(o, "ex-a", "env"))
	agent := fmt.Sprintf("127.0.0.1:%d", o.Url.Address.GetPort())
	for _, page := range []string{m.Addr() + "/state", m.Addr() + "/local", m.Addr() + "/", agent + "/state"} {
		code, text := get(t, "http://"+page, "")
		if code != 200 {
			t.Errorf("%s: %d", page, code)
		}
		note(page, text)
	}
	if err := m.CrashMaster(0, 0); err != nil { // faults produce logs
		t.Fatal(err)
	}
	f.until("SUBSCRIBED", func(e *mesospb.SchedulerEvent) bool { return e.Subscribed != nil })
	_, err := mesos.NewScheduler(mesos.SchedulerConfig{Master: m.Addr(), Principal: "fw", Secret: secret + ":"})
	note("error", fmt.Sprint(err))
	if log.text() == "" {
		t.Error("nothing is logged")
	}
	note("log", log.text())
	files := 0
	err = filepath.WalkDir(cfg.WorkDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "mesostest-executor" || strings.Contains(path, "/fetch/") {
			return nil // gone in the meantime, or this program, which has the secret as a constant
		}
		b, err := os.ReadFile(path)
		if err == nil {
			files++
			note(path, string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		b, _ := os.ReadFile(path) // it may have ended
		note(path, string(b))
	}
	if files < 2 || len(places) < 10 {
		t.Errorf("looked at %d files and %d places only", files, len(places))
	}
}

// lines collects a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(_, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}
