package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Faults are deliberate failures. A chance is between 0 (never) and 1 (always); the
// same Seed draws the same numbers, in the order in which things happen.
type Faults struct {
	Seed uint64

	// RescindOffers is the chance that an offer is rescinded, after RescindAfter (at
	// once if 0), if it is still held by then.
	RescindOffers float64
	RescindAfter  time.Duration

	// SwallowUpdates is the chance that a status is lost on its way to the
	// scheduler; as it stays unacknowledged, it is sent again later.
	SwallowUpdates float64

	// DuplicateUpdates is the chance that a status arrives twice.
	DuplicateUpdates float64

	// SwallowAcknowledgements is the chance that a scheduler's ACKNOWLEDGE is
	// answered with 202 and forgotten.
	SwallowAcknowledgements float64

	// SlowAcknowledgements delays the ACKNOWLEDGED event to executors.
	SlowAcknowledgements time.Duration

	// FailFetches is the chance that a fetch fails.
	FailFetches float64

	// RefuseCalls is the chance that a scheduler's call other than SUBSCRIBE is
	// answered with 503 and not carried out; LoseAnswers, that one is carried out
	// but its answer is lost with the connection.
	RefuseCalls float64
	LoseAnswers float64

	// CutStreams is the chance of each event for a scheduler to be the last before
	// its stream breaks off in the middle of a record.
	CutStreams float64
}

func (f Faults) validate() error {
	for _, c := range []struct {
		name  string
		value float64
	}{
		{"RescindOffers", f.RescindOffers}, {"SwallowUpdates", f.SwallowUpdates},
		{"DuplicateUpdates", f.DuplicateUpdates}, {"SwallowAcknowledgements", f.SwallowAcknowledgements},
		{"FailFetches", f.FailFetches}, {"RefuseCalls", f.RefuseCalls},
		{"LoseAnswers", f.LoseAnswers}, {"CutStreams", f.CutStreams},
	} {
		if !(c.value >= 0 && c.value <= 1) {
			return fmt.Errorf("fault %s has the chance %v; give one between 0 (never) and 1 (always)", c.name, c.value)
		}
	}
	if f.RescindAfter < 0 || f.SlowAcknowledgements < 0 {
		return errors.New("a fault's time is negative; give one of 0s or more")
	}
	return nil
}

// dice draws the faults; it belongs to the loop.
type dice struct{ r *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0))} }

// happens draws only for faults that are on, so that those that are off do not
// affect the others.
func (d dice) happens(chance float64) bool { return chance > 0 && d.r.Float64() < chance }
