package framework

import "time"

// clock is the core's clock. The zero value is real time; tests make it run
// faster, so timeouts of minutes take seconds.
type clock struct {
	start time.Time
	speed time.Duration // how many times faster from start on; 0: real time
}

func (c clock) now() time.Time {
	if c.speed == 0 {
		return time.Now()
	}
	return c.start.Add(time.Since(c.start) * c.speed)
}

// until returns the real time left until t.
func (c clock) until(t time.Time) time.Duration {
	if c.speed == 0 {
		return time.Until(t)
	}
	return t.Sub(c.now()) / c.speed
}
