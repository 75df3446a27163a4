package outage

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
)

// An outage of an hour, with an attempt every second, is a dozen lines: the first at
// once, and the last when it is over.
func TestOutageOfAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type line struct {
			at   time.Duration
			text string
		}
		began := time.Now()
		var lines []line
		log := funcr.New(func(_, text string) { lines = append(lines, line{time.Since(began), text}) }, funcr.Options{})
		o := Outage{Server: "server s:1", Log: log}
		o.Over("")
		refused := errors.New("connection refused")
		var said string
		for range 3600 {
			err := o.Failed(refused, time.Second)
			if !errors.Is(err, refused) || said != "" && err.Error() != said {
				t.Fatalf("the error is %q, before it was %q", err, said)
			}
			said = err.Error()
			time.Sleep(time.Second)
		}
		o.Over("s:2")
		o.Over("s:2")
		for i, want := range []time.Duration{0, 5 * time.Second, 15 * time.Second, 35 * time.Second} {
			if lines[i].at != want || !strings.Contains(lines[i].text, strconv.Quote(said)) {
				t.Errorf("line %d comes after %v: %s", i, lines[i].at, lines[i].text)
			}
		}
		for _, part := range []string{"server s:1", "connection refused", "since 2000-01-01T00:00:00Z", "within 1s"} {
			if !strings.Contains(said, part) {
				t.Errorf("%q does not say %q", said, part)
			}
		}
		if last := lines[len(lines)-1].text; !strings.Contains(last, `"connected to server s:1 at s:2 after 1h0m0s"`) {
			t.Errorf("the last line is %q", last)
		}
		if len(lines) > 20 {
			t.Errorf("%d lines in an hour", len(lines))
		}
	})
}
