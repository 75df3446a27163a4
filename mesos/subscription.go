package mesos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

var (
	errSilent  = errors.New("the master has been silent for five heartbeats")
	errEndless = errors.New("the master has sent only parts of an event for ten minutes or longer")
	errBehind  = errors.New("the scheduler is too far behind the master's events; starting over")
)

// A subscription holds what calls need to know about it.
type subscription struct {
	leader    *url.URL
	streamID  string
	framework *mesospb.FrameworkID

	// end ends the subscription with a cause; the first one counts.
	end context.CancelCauseFunc
	// onEnd arranges for f to be called when the subscription has ended.
	onEnd func(f func()) (stop func() bool)
}

// subscribe subscribes at one master, or where that redirects to, and hands events
// on until the stream ends. It returns how long it was subscribed, 0 if never, and
// why the subscription ended.
func (r *run) subscribe(ctx context.Context, master *url.URL) (held time.Duration, err error) {
	call, err := r.subscribeCall()
	if err != nil {
		return 0, err
	}
	r.warn(master)
	stream, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer r.scheduler.transport.close() // the calls of the next subscription get a fresh connection
	resp, leader, err := r.scheduler.transport.open(stream, master, call)
	if err != nil {
		if final := rejected(err); final != nil {
			err = final
		}
		return 0, err
	}
	defer resp.Body.Close()
	streamID := resp.Header.Get("Mesos-Stream-Id")
	if streamID == "" {
		return 0, errors.New("the answer has no Mesos-Stream-Id: not a Mesos master of version 1.0 or later")
	}
	watch := newWatchdog(resp.Body, defaultHeartbeat, func() { end(errSilent) }, func() { end(errEndless) })
	defer watch.stop()

	records := recordio.NewReader(watch, r.scheduler.cfg.MaxRecord)
	first, size, err := r.first(records, leader)
	if err != nil {
		return 0, because(stream, err)
	}
	began := time.Now()
	watch.heartbeat(first.Subscribed.GetHeartbeatIntervalSeconds())
	r.last, r.held, r.id = leader, true, first.Subscribed.FrameworkId
	r.outage.Over(leader.Host)
	sub := &subscription{
		leader: leader, streamID: streamID, framework: r.id, end: end,
		onEnd: func(f func()) func() bool { return context.AfterFunc(stream, f) },
	}
	err = r.deliver(ctx, sub, first, size, records, watch)
	return max(time.Since(began), 1), because(stream, err)
}

// warn logs once that our secret is about to travel where others may read it.
func (r *run) warn(master *url.URL) {
	if ip := net.ParseIP(master.Hostname()); r.warned || r.scheduler.cfg.Principal == "" || master.Scheme != "http" ||
		master.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return
	}
	r.warned = true
	r.scheduler.cfg.Log.Info("the principal's secret is sent without encryption: anyone who sees the traffic can become this framework; use https",
		"master", master.Host, "principal", r.scheduler.cfg.Principal)
}

// deliver passes events to the handler until the stream ends, and returns why it
// ended, once the handler has dealt with everything received until then.
func (r *run) deliver(ctx context.Context, sub *subscription, first *mesospb.SchedulerEvent, size int, records *recordio.Reader, watch *watchdog) error {
	events := newBacklog[*mesospb.SchedulerEvent](r.scheduler.cfg.MaxBacklog)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e, ok := events.take(); ok; e, ok = events.take() {
			r.handler.Event(e)
		}
	}()
	r.scheduler.live.Store(sub)
	events.add(first, size)
	err := r.read(records, sub.leader, events, watch)
	r.scheduler.live.Store(nil)
	sub.end(err) // the error of the calls under way
	if ctx.Err() != nil || errors.Is(err, errBehind) {
		events.keep(func(*mesospb.SchedulerEvent) bool { return false })
	}
	events.close()
	<-done
	return err
}

// read decodes events into the backlog until the stream ends.
func (r *run) read(records *recordio.Reader, leader *url.URL, events *backlog[*mesospb.SchedulerEvent], watch *watchdog) error {
	for {
		watch.record()
		record, err := records.ReadRecord()
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		e, err := decodeSchedulerEvent(record, r.scheduler.cfg.Log)
		if err != nil {
			// Framing is intact, so only this event is lost. If we started over,
			// a status that we cannot read would come first again and nothing
			// would ever be scheduled. Mesos repeats statuses; a
			// lost offer stays out of use until the next subscription.
			r.scheduler.cfg.Log.Error(err, "skipping an event", "master", leader.Host, "bytes", len(record))
			continue
		}
		switch e.GetType() {
		case mesospb.SchedulerEvent_HEARTBEAT, mesospb.SchedulerEvent_UNKNOWN, mesospb.SchedulerEvent_SUBSCRIBED:
		case mesospb.SchedulerEvent_ERROR:
			return fatalEvent(e, leader)
		default:
			if !events.put(e, len(record)) {
				return errBehind
			}
		}
	}
}

// because returns the cause for which ctx was ended, if it was, instead of the
// resulting read error. A fatal error from the master stands.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil && !fatal(err) {
		return context.Cause(ctx)
	}
	return err
}
