package mesos

import (
	"fmt"
	"net/url"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// subscribeCall returns the SUBSCRIBE for the current info. Masters want the
// framework id in two places, and both must be equal.
func (r *run) subscribeCall() ([]byte, error) {
	info := *r.info()
	if info.Id.GetValue() == "" {
		info.Id = r.id
	}
	c := call(mesospb.SchedulerCall_SUBSCRIBE)
	c.FrameworkId = info.Id
	c.Subscribe = &mesospb.SchedulerCall_Subscribe{FrameworkInfo: &info}
	b, err := c.Marshal()
	if err != nil {
		return nil, &RejectedError{By: "this client", Message: fmt.Sprintf("the framework info is incomplete: %v", err)}
	}
	return b, nil
}

// first reads SUBSCRIBED, the first event of each stream unless it is an ERROR.
func (r *run) first(records *recordio.Reader, leader *url.URL) (*mesospb.SchedulerEvent, int, error) {
	record, err := records.ReadRecord()
	if err != nil {
		return nil, 0, fmt.Errorf("reading the first event: %w", err)
	}
	e, err := decodeSchedulerEvent(record, r.scheduler.cfg.Log)
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("the first event: %w", err)
	case e.GetType() == mesospb.SchedulerEvent_ERROR:
		return nil, 0, fatalEvent(e, leader)
	case e.GetType() != mesospb.SchedulerEvent_SUBSCRIBED:
		return nil, 0, fmt.Errorf("the first event is %s, not SUBSCRIBED", e.GetType())
	}
	return e, len(record), nil
}

// fatalEvent turns an ERROR event into the error that ends Run. Only the text tells
// them apart (src/master/master.cpp).
func fatalEvent(e *mesospb.SchedulerEvent, leader *url.URL) error {
	switch message := e.GetError().GetMessage(); message {
	case "Framework failed over":
		return ErrFailedOver
	case "Framework has been removed":
		return ErrRemoved
	default:
		return &RejectedError{By: leader.Host, Message: message}
	}
}
