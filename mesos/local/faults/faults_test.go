package faults

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// What is written as JSON is parsed as the same faults.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 0))
		want := Faults{
			Seed: r.Uint64(), RescindOffers: r.Float64(), RescindAfter: time.Duration(r.Int64()), SwallowUpdates: r.Float64(),
			DuplicateUpdates: r.Float64(), SwallowAcknowledgements: r.Float64(), SlowAcknowledgements: time.Duration(r.IntN(1e9)),
			FailFetches: r.Float64(), RefuseCalls: r.Float64(), LoseAnswers: r.Float64(), CutStreams: 1,
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Parse(b); err != nil || got != want {
			t.Fatalf("seed %d: %s is parsed as %+v, %v", seed, b, got, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	if got, err := Parse([]byte(` {"RescindAfter": "1.5s", "CutStreams": 0.5} `)); err != nil || got != (Faults{RescindAfter: 1500 * time.Millisecond, CutStreams: 0.5}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		``:                               "faults are JSON as",
		`[]`:                             "faults are JSON as",
		`{"Swallow": 1}`:                 "Swallow",
		`{"RescindAfter": 5}`:            "faults are JSON as",
		`{"RescindAfter": "5"}`:          "missing unit",
		`{"RescindAfter": "-5s"}`:        "negative",
		`{"SlowAcknowledgements":"-1s"}`: "negative",
		`{"LoseAnswers": 1.1}`:           "LoseAnswers has the chance 1.1",
		`{"LoseAnswers": -0.1}`:          "between 0 (never) and 1 (always)",
		`{} {}`:                          "something follows",
	} {
		if got, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", text, got, err, want)
		}
	}
	if err := (Faults{CutStreams: math.NaN()}).Validate(); err == nil {
		t.Error("a chance that is not a number is accepted")
	}
}

// A fault happens as often as its chance says; faults that are off draw nothing, and the
// same seed draws the same.
func TestPlayer(t *testing.T) {
	t.Parallel()
	const draws = 10_000
	play := func(f Faults, askedForMore bool) (drawn []bool, happened int) {
		p := NewPlayer(Faults{Seed: 7})
		p.Happens(1)
		p.Play(f)
		for range draws {
			if askedForMore && p.Happens(p.RefuseCalls) {
				t.Fatal("a fault that is off happens")
			}
			is := p.Happens(p.SwallowUpdates)
			if drawn = append(drawn, is); is {
				happened++
			}
		}
		return drawn, happened
	}
	one, n := play(Faults{Seed: 1, SwallowUpdates: 0.3}, true)
	if n < draws*28/100 || n > draws*32/100 {
		t.Errorf("a chance of 0.3 happens %d times of %d", n, draws)
	}
	two, _ := play(Faults{Seed: 1, SwallowUpdates: 0.3, LoseAnswers: 0.5}, false)
	other, _ := play(Faults{Seed: 2, SwallowUpdates: 0.3}, true)
	same, differs := true, false
	for i := range one {
		same = same && one[i] == two[i]
		differs = differs || one[i] != other[i]
	}
	if !same || !differs {
		t.Errorf("same seed, same draws: %v; other seed, other draws: %v", same, differs)
	}
	if _, n := play(Faults{SwallowUpdates: 1}, true); n != draws {
		t.Errorf("what always happens has happened %d times of %d", n, draws)
	}
}
