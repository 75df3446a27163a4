package framework

import "time"

// clock is the time in which the core lives. The zero value is real time; tests
// let it run faster, so that a patience of minutes is one of seconds.
type clock struct {
	start time.Time
	speed time.Duration // so many times as fast from start on; 0: real time
}

func (c clock) now() time.Time {
	if c.speed == 0 {
		return time.Now()
	}
	return c.start.Add(time.Since(c.start) * c.speed)
}

// until is how long it really takes until t.
func (c clock) until(t time.Time) time.Duration {
	if c.speed == 0 {
		return time.Until(t)
	}
	return t.Sub(c.now()) / c.speed
}
