package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Parse parses Faults from JSON: an object whose keys are the field names,
// with times as strings such as "1.5s". Missing fields are off. The error names what
// is wrong.
func Parse(b []byte) (Faults, error) {
	var f Faults
	form := f.page()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(form); err != nil {
		return Faults{}, fmt.Errorf(`faults are JSON as {"SwallowUpdates": 0.1, "SlowAcknowledgements": "2s"}: %w`, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Faults{}, errors.New("faults are one JSON object; something follows it")
	}
	f = Faults(*form.plain)
	f.RescindAfter, f.SlowAcknowledgements = time.Duration(form.RescindAfter), time.Duration(form.SlowAcknowledgements)
	return f, f.Validate()
}

// MarshalJSON returns the form that Parse accepts.
func (f Faults) MarshalJSON() ([]byte, error) { return json.Marshal(f.page()) }

// plain are Faults without a JSON form of their own.
type plain Faults

// page is the JSON form: its own fields hide those of the same name.
type page struct {
	*plain
	RescindAfter         durationText
	SlowAcknowledgements durationText
}

func (f Faults) page() *page {
	p := plain(f)
	return &page{&p, durationText(f.RescindAfter), durationText(f.SlowAcknowledgements)}
}

// durationText is a duration with the JSON form "1.5s".
type durationText time.Duration

// MarshalText formats the duration as ParseDuration parses it.
func (d durationText) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText accepts what [time.ParseDuration] accepts.
func (d *durationText) UnmarshalText(b []byte) error {
	parsed, err := time.ParseDuration(string(b))
	*d = durationText(parsed)
	return err
}
