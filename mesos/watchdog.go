package mesos

import (
	"io"
	"time"
)

const (
	// defaultHeartbeat is the interval for masters that do not name theirs.
	defaultHeartbeat = 15 * time.Second
	// missedHeartbeats is how many intervals without a byte make a stream dead.
	missedHeartbeats = 5
	// recordTimeout is how long an event may take to arrive, if that is more than
	// all missed heartbeats: heartbeats are events too, so only a large event over a
	// slow line could take that long.
	recordTimeout = 10 * time.Minute
)

// A watchdog passes a stream on and calls dead when nothing has arrived for too
// long: a connection whose other end lost power looks just like a quiet one. If
// bytes have arrived but no whole record, it calls endless.
type watchdog struct {
	r       io.Reader
	limit   time.Duration
	timer   *time.Timer
	endless *time.Timer
}

func newWatchdog(r io.Reader, heartbeat time.Duration, dead, endless func()) *watchdog {
	limit := missedHeartbeats * heartbeat
	return &watchdog{r: r, limit: limit, timer: time.AfterFunc(limit, dead), endless: time.AfterFunc(recordTimeout, endless)}
}

// record must be called before the next record is read.
func (w *watchdog) record() { w.endless.Reset(max(recordTimeout, w.limit)) }

// Read reads; any byte counts as a sign of life.
func (w *watchdog) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(w.limit)
	}
	return n, err
}

// heartbeat sets the interval that the master has named, in seconds; an invalid one
// means the default.
func (w *watchdog) heartbeat(seconds float64) {
	interval := defaultHeartbeat
	if seconds > 0 && seconds <= time.Hour.Seconds() {
		interval = time.Duration(seconds * float64(time.Second))
	}
	w.limit = missedHeartbeats * interval
	w.timer.Reset(w.limit)
}

func (w *watchdog) stop() {
	w.timer.Stop()
	w.endless.Stop()
}
