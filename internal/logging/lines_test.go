package logging

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, with \ttabs, ü and 日本":              "plain, with \ttabs, ü and 日本",
		"\x1b[31mred\x1b[0m":                        `\x1b[31mred\x1b[0m`,
		"over\rwritten":                             `over\rwritten`,
		"bell\a back\b del\x7f csi\u009b":           `bell\a back\b del\x7f csi\u009b`,
		"turned \u202e round":                       `turned \u202e round`,
		"no \xff UTF-8":                             `no \xff UTF-8`,
		"panic:\nmain.go:1\n":                       "panic:\n\tmain.go:1",
		"a\nE0101 00:00:00.000000 1 x.go:1] forged": "a\n\tE0101 00:00:00.000000 1 x.go:1] forged",
	} {
		if got := Quote(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Of a flood of lines, a few are written, and the rest are counted.
func TestGather(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gatherer{places: map[uintptr]*place{}}
		var written, more int
		var counts []string
		say := func(place uintptr, text string) {
			if g.admits(place, func(n int, last string) { more += n; counts = append(counts, fmt.Sprint(n, " ", last)) }, text) {
				written++
			}
		}
		for i := range 10_000 { // 7,500 a second
			say(1, fmt.Sprint("line ", i))
			time.Sleep(time.Second / 7500)
		}
		say(2, "another place")
		time.Sleep(time.Second)
		synctest.Wait()
		if written+more != 10_001 || written > 3*perSecond || len(counts) > 2 {
			t.Errorf("%d lines written, %d counted in %q", written, more, counts)
		}
		if !strings.HasSuffix(counts[len(counts)-1], "line 9999") {
			t.Errorf("the last count is %q", counts[len(counts)-1])
		}
		before := len(counts)
		for i := range perSecond + 1 {
			say(1, fmt.Sprint("late ", i))
		}
		g.flush()
		if len(counts) != before+1 {
			t.Errorf("flush told %q", counts[before:])
		}
	})
}

// Each way of logging quotes, and names the file that logs.
func TestLines(t *testing.T) {
	if os.Getenv("LINES_CHILD") != "" {
		const evil = "\x1b[31mred\r"
		l := New()
		l.Info(evil)
		l.V(1).Info(evil)
		l.Error(nil, evil)
		l.WithCallDepth(0).Info(evil)
		l.V(3).Info("too deep")
		for range 3 * perSecond {
			l.Info("again")
		}
		Flush()
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestLines$", "-logtostderr", "-v=2")
	cmd.Env = append(os.Environ(), "LINES_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), ` lines_test.go:`); n != 4+perSecond+1 { // the last names it in what it counts
		t.Errorf("%d lines name their place:\n%s", n, out)
	}
	if n := strings.Count(string(out), `] \x1b[31mred\r`+"\n"); n != 4 {
		t.Errorf("%d lines are quoted:\n%s", n, out)
	}
	if !strings.Contains(string(out), fmt.Sprintf(": %d more lines of this place within a second, the last: again", 2*perSecond)) {
		t.Errorf("the rest is not counted:\n%s", out)
	}
	if strings.ContainsAny(string(out), "\x1b\r") || strings.Contains(string(out), "too deep") {
		t.Errorf("raw or too much: %q", out)
	}
}

// The program goes on if its log cannot be written.
func TestFullDisk(t *testing.T) {
	if os.Getenv("LINES_CHILD") != "" {
		for range 3 {
			New().Error(nil, "no one reads this")
		}
		Flush()
		return
	}
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-logtostderr")
	cmd.Env = append(os.Environ(), "LINES_CHILD=1")
	cmd.Stderr = full
	if err := cmd.Run(); err != nil {
		t.Errorf("the process ends with %v", err)
	}
}
