package wire

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// Amount is an amount of a resource: a JSON integer, or a plain decimal number as a
// JSON string. It keeps the client's form. v1beta1 does not know suffixes (250m,
// 64Mi).
type Amount struct {
	text   string // the number as written, if it was text
	whole  int64  // the number, if it was not
	isText bool
}

// IntAmount returns n in the form of a JSON integer.
func IntAmount(n int64) Amount { return Amount{whole: n} }

// TextAmount returns a decimal number in the form of a JSON string.
func TextAmount(s string) Amount { return Amount{text: s, isText: true} }

// decimal excludes what strconv accepts in addition to decimal numbers: hex, infinity,
// underscores.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// AmountLimit bounds amounts that may have fractions: they, and 1000 times them, are
// within an int64. An integer may be any int64.
const AmountLimit = 9e15

// Float returns the amount as a number.
func (a Amount) Float() float64 {
	if !a.isText {
		return float64(a.whole)
	}
	f, _ := strconv.ParseFloat(a.text, 64) // UnmarshalJSON accepts only numbers
	return f
}

// Whole returns the amount truncated to an integer.
func (a Amount) Whole() int64 {
	if !a.isText {
		return a.whole
	}
	return int64(math.Trunc(a.Float()))
}

// Milli returns the amount in thousandths, truncated, or the largest or smallest int64 if
// that is too small for them.
func (a Amount) Milli() int64 {
	if !a.isText {
		switch m := a.whole * 1000; {
		case m/1000 == a.whole:
			return m
		case a.whole < 0:
			return math.MinInt64
		}
		return math.MaxInt64
	}
	// The product is rounded before it is truncated, or 0.29 would become 289.
	return int64(math.Trunc(math.Round(a.Float()*1e9) / 1e6))
}

// IsInt reports whether the amount has the form of a JSON integer.
func (a Amount) IsInt() bool { return !a.isText }

// String returns the amount as it is written.
func (a Amount) String() string {
	if a.isText {
		return a.text
	}
	return strconv.FormatInt(a.whole, 10)
}

// MarshalJSON writes the form that was read.
func (a Amount) MarshalJSON() ([]byte, error) {
	if a.isText {
		return json.Marshal(a.text)
	}
	return strconv.AppendInt(nil, a.whole, 10), nil
}

// UnmarshalJSON reads an integer, or text that is a plain decimal number.
func (a *Amount) UnmarshalJSON(b []byte) error {
	*a = Amount{}
	if len(b) > 0 && b[0] == '"' {
		a.isText = true
		if err := json.Unmarshal(b, &a.text); err != nil {
			return err
		}
		f, err := strconv.ParseFloat(a.text, 64)
		if err != nil || !decimal.MatchString(a.text) {
			return fmt.Errorf("%q is not a plain number: write cores as \"0.25\" and bytes as 67108864, without a suffix", a.text)
		}
		if math.Abs(f) > AmountLimit {
			return fmt.Errorf("%q is out of range: write at most %g", a.text, float64(AmountLimit))
		}
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is neither an integer nor text: write a fraction as text, such as \"1.5\"", b)
	}
	a.whole = n
	return nil
}

// ResourceList holds the amount of each resource, by name.
type ResourceList map[string]Amount

// UnmarshalJSON reads a list; an error names the resource whose amount is wrong.
func (l *ResourceList) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	if raw == nil {
		return nil
	}
	*l = make(ResourceList, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) { // so the same list has the same error
		var a Amount
		text := raw[name]
		if string(text) == "null" {
			continue
		}
		if err := a.UnmarshalJSON(text); err != nil {
			return fmt.Errorf("resource %s: %w", name, err)
		}
		(*l)[name] = a
	}
	return nil
}
