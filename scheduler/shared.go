package scheduler

import "time"

// session is what every part may know of the two sides that the core talks to,
// Mesos and the API server, and the calls of the current Step to them.
type session struct {
	connected bool   // to a Mesos master
	whyNot    string // a sentence
	listed    bool   // every pod that existed at start has been announced
	calls     []Call
}

// ready reports whether pods may be launched.
func (s *session) ready() bool { return s.connected && s.listed }

func (s *session) call(c Call) { s.calls = append(s.calls, c) }

// disconnected notes that the connection to Mesos is lost, and why.
func (s *session) disconnected(err error) {
	s.connected, s.whyNot = false, notConnected
	if err != nil {
		s.whyNot = err.Error()
	}
}

const notConnected = "not connected to a Mesos master"

// acknowledge answers an update whose effect is stored. Without a connection that
// is left for later: an update is repeated until it is acknowledged.
func (s *session) acknowledge(u Update) {
	if u.UUID != "" && s.connected {
		s.call(Acknowledge{Task: u.Task, Agent: u.Agent, UUID: u.UUID})
	}
}

// reportEvery is how often the reasons of waiting pods are computed at most.
const reportEvery = time.Second

// changes notes what must be looked at again. Parts that change something mark it
// here; those that look, [matcher], [offerDemand] and [reasons], know nothing of
// the parts that do.
type changes struct {
	clock   *clock
	fit     bool   // see mayFit
	stirred bool   // see stir
	version uint64 // of what reasons are made from
	report  alarm  // the reasons are to be computed again; rings at the reasons
}

// mayFit notes that a waiting pod may fit where none did: the offers held must be
// looked at again in this Step, and those that our filters keep from us asked for.
func (c *changes) mayFit() { c.fit = true }

// stir notes that a pod may fit that was passed over in this Step.
func (c *changes) stir() { c.fit, c.stirred = true, true }

// takeStirred reports whether that was so since it was asked last.
func (c *changes) takeStirred() bool {
	was := c.stirred
	c.stirred = false
	return was
}

// reasons notes that pods may wait for other reasons than before.
func (c *changes) reasons() {
	c.version++
	if !c.report.isSet() {
		c.clock.after(reportEvery, &c.report)
	}
}
