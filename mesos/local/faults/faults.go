// Package faults says what goes wrong at random in a local Mesos, and draws when. It knows
// nothing of masters and agents: they ask whether a fault happens now.
package faults

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

// Validate returns what is wrong with a chance or a time.
func (f Faults) Validate() error {
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

// A Player draws the faults that are on. It belongs to one goroutine.
type Player struct {
	Faults
	dice *rand.Rand
}

// NewPlayer plays f, which must be valid.
func NewPlayer(f Faults) *Player {
	p := new(Player)
	p.Play(f)
	return p
}

// Play replaces the faults and starts their dice again from the seed.
func (p *Player) Play(f Faults) { p.Faults, p.dice = f, rand.New(rand.NewPCG(f.Seed, 0)) }

// Happens reports whether a fault of this chance happens now. It draws only for faults
// that are on, so that those that are off do not affect the others.
func (p *Player) Happens(chance float64) bool { return chance > 0 && p.dice.Float64() < chance }
