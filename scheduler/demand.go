package scheduler

import "time"

// Limits on asking Mesos for offers. A Revive makes the master consider all
// agents for us again, so it has to be worth it.
const (
	reviveBurst = 10          // Revives that may follow one another at once
	reviveEvery = time.Second // the time in which one more may
	firstAgain  = 5 * time.Second
	mostAgain   = 5 * time.Minute
)

// offerDemand holds what Mesos knows about our need for offers, and when to tell
// it more.
type offerDemand struct {
	clock   *clock
	session *session

	suppressed bool
	filtered   bool // offers may be kept from us by our own filters

	revived   time.Time // when all that is free was asked for last
	allowance int       // Revives that may be sent at once
	granted   time.Time // when the allowance last grew

	allowed alarm // a wanted Revive may be sent
	again   alarm // one more Revive, as pods wait and no offers come: it may have got lost
	tries   int
	due     bool // a Revive is to be sent whether filters are known or not
	wanted  bool // by a change of what waits
}

func (d *offerDemand) init(c *clock, s *session) {
	d.clock, d.session, d.allowance = c, s, reviveBurst
	d.allowed.ring = func() {}
	d.again.ring = func() { d.due = true }
}

// update suppresses offers when no pod waits and asks for them when one is ready.
// A pod mayFit what our filters keep from us when something has changed.
func (d *offerDemand) update(mayFit, ready, waiting bool) {
	d.wanted = d.wanted || mayFit
	if !d.session.ready() {
		return
	}
	if !ready {
		d.nothingReady(waiting)
		return
	}
	switch {
	case d.suppressed || d.wanted && d.filtered:
		d.tries = 0
		if d.take() {
			d.revive()
		}
	case d.due:
		d.revive()
	case !d.again.isSet():
		d.clock.after(backoff(d.tries, firstAgain, mostAgain), &d.again)
	}
	d.wanted = d.wanted && d.allowed.isSet()
}

func (d *offerDemand) nothingReady(waiting bool) {
	d.wanted, d.due = false, false
	d.clock.stop(&d.again)
	d.clock.stop(&d.allowed)
	if !waiting && !d.suppressed {
		d.suppressed = true
		d.session.call(Suppress{})
	}
}

// take uses up the allowance, or makes sure that it is used later.
func (d *offerDemand) take() bool {
	if n := int(d.clock.since(d.granted) / reviveEvery); n > 0 {
		d.allowance = min(d.allowance+n, reviveBurst)
		d.granted = d.clock.now
	}
	if d.allowance == 0 {
		d.clock.set(&d.allowed, d.granted.Add(reviveEvery))
		return false
	}
	d.allowance--
	d.clock.stop(&d.allowed)
	return true
}

func (d *offerDemand) revive() {
	d.suppressed, d.filtered, d.due, d.revived = false, false, false, d.clock.now
	d.clock.after(backoff(d.tries, firstAgain, mostAgain), &d.again)
	d.tries++
	d.session.call(Revive{})
}

// declined notes a filter on what has been given back.
func (d *offerDemand) declined() { d.filtered = true }

// launched notes a filter on what a launch leaves over. As there is progress, the
// next Revive is wanted soon again.
func (d *offerDemand) launched() { d.filtered, d.tries = true, 0 }

// reset is called at the start of a stream: filters and suppression of an
// earlier one are void (allocator, addFramework), and offers come by
// themselves.
func (d *offerDemand) reset() {
	d.suppressed, d.filtered, d.due, d.tries, d.revived = false, false, false, 0, d.clock.now
	d.clock.stop(&d.again)
}
