package mesos

import (
	"io"
	"time"
)

const (
	// defaultHeartbeat is the interval of masters that do not name theirs.
	defaultHeartbeat = 15 * time.Second
	// missedHeartbeats is how many intervals without a byte make a stream dead.
	missedHeartbeats = 5
)

// A watchdog passes a stream on and calls a function when nothing has come for
// too long: a connection whose other end lost power looks just like a quiet one.
type watchdog struct {
	r     io.Reader
	limit time.Duration
	timer *time.Timer
}

func newWatchdog(r io.Reader, heartbeat time.Duration, dead func()) *watchdog {
	limit := missedHeartbeats * heartbeat
	return &watchdog{r: r, limit: limit, timer: time.AfterFunc(limit, dead)}
}

// Read reads; any byte counts as a sign of life.
func (w *watchdog) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(w.limit)
	}
	return n, err
}

// heartbeat sets the interval that the master has named, in seconds; nonsense
// is taken as the default.
func (w *watchdog) heartbeat(seconds float64) {
	interval := defaultHeartbeat
	if seconds > 0 && seconds <= time.Hour.Seconds() {
		interval = time.Duration(seconds * float64(time.Second))
	}
	w.limit = missedHeartbeats * interval
	w.timer.Reset(w.limit)
}

func (w *watchdog) stop() { w.timer.Stop() }
