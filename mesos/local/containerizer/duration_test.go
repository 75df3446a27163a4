package containerizer

import (
	"testing"
	"time"
)

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0ns", 1: "1ns", 12500 * time.Millisecond: "12500ms", 15 * time.Second: "15secs", 2 * time.Minute: "2mins",
		90 * time.Minute: "90mins", 24 * time.Hour: "1days", 14 * 24 * time.Hour: "2weeks", 1500: "1500ns", time.Microsecond: "1us",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}
