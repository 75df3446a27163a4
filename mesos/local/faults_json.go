package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ParseFaults parses Faults from JSON: an object whose keys are the field names,
// with times as strings such as "1.5s". Missing fields are off. The error names what
// is wrong.
func ParseFaults(b []byte) (Faults, error) {
	var f Faults
	page := f.page()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(page); err != nil {
		return Faults{}, fmt.Errorf(`faults are JSON as {"SwallowUpdates": 0.1, "SlowAcknowledgements": "2s"}: %w`, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Faults{}, errors.New("faults are one JSON object; something follows it")
	}
	f = Faults(*page.plainFaults)
	f.RescindAfter, f.SlowAcknowledgements = time.Duration(page.RescindAfter), time.Duration(page.SlowAcknowledgements)
	return f, f.validate()
}

// plainFaults are Faults without a JSON form of their own.
type plainFaults Faults

// faultsPage is the JSON form: its own fields hide those of the same name.
type faultsPage struct {
	*plainFaults
	RescindAfter         durationText
	SlowAcknowledgements durationText
}

func (f Faults) page() *faultsPage {
	plain := plainFaults(f)
	return &faultsPage{&plain, durationText(f.RescindAfter), durationText(f.SlowAcknowledgements)}
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
