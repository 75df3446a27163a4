package mesos

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// units of durations in Mesos' notation (3rdparty/stout duration.hpp).
var units = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond,
	"secs": time.Second, "mins": time.Minute, "hrs": time.Hour,
	"days": 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
}

// ParseDuration parses a duration as Mesos writes it: a decimal number followed by
// ns, us, ms, secs, mins, hrs, days or weeks, such as "15mins" or "1.5secs".
func ParseDuration(s string) (time.Duration, error) {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz")
	unit, ok := units[s[len(number):]]
	if !ok {
		return 0, fmt.Errorf("%q is not a duration of Mesos: want a number and one of ns, us, ms, secs, mins, hrs, days, weeks", s)
	}
	f, err := strconv.ParseFloat(number, 64)
	if d := f * float64(unit); err != nil || !(math.Abs(d) < math.MaxInt64) || strings.ContainsAny(number, "xXpP_") {
		return 0, fmt.Errorf("%q is not a duration of Mesos: %q is not a number in its range", s, number)
	}
	return time.Duration(math.Round(f * float64(unit))), nil
}
