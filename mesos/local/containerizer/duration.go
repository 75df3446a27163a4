package containerizer

import (
	"fmt"
	"strings"
	"time"
)

// FormatDuration formats d as Mesos does: a number and the largest unit in which it
// is whole.
func FormatDuration(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"weeks", 7 * 24 * time.Hour}, {"days", 24 * time.Hour}, {"hrs", time.Hour}, {"mins", time.Minute},
		{"secs", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}} {
		if d != 0 && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%dns", d))
}
