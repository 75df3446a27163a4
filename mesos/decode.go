package mesos

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// decodeSchedulerEvent decodes one event. Unknown types are returned as UNKNOWN;
// known ones always have their body, and offers their ids: others are logged and
// skipped.
func decodeSchedulerEvent(record []byte, log logr.Logger) (*mesospb.SchedulerEvent, error) {
	e := new(mesospb.SchedulerEvent)
	if err := e.Unmarshal(record); err != nil {
		return nil, err
	}
	whole := true
	switch e.GetType() {
	case mesospb.SchedulerEvent_SUBSCRIBED:
		whole = e.Subscribed != nil
	case mesospb.SchedulerEvent_OFFERS:
		if whole = e.Offers != nil; whole {
			e.Offers.Offers = possible(e.Offers.Offers, log)
		}
	case mesospb.SchedulerEvent_RESCIND:
		whole = e.Rescind != nil
	case mesospb.SchedulerEvent_UPDATE:
		whole = e.Update != nil
	case mesospb.SchedulerEvent_MESSAGE:
		whole = e.Message != nil
	case mesospb.SchedulerEvent_FAILURE:
		whole = e.Failure != nil
	case mesospb.SchedulerEvent_ERROR:
		whole = e.Error != nil
	case mesospb.SchedulerEvent_INVERSE_OFFERS:
		whole = e.InverseOffers != nil
	case mesospb.SchedulerEvent_RESCIND_INVERSE_OFFER:
		whole = e.RescindInverseOffer != nil
	case mesospb.SchedulerEvent_HEARTBEAT:
	default: // UPDATE_OPERATION_STATUS has no body among our messages
		e.Type = mesospb.SchedulerEvent_UNKNOWN.Enum()
	}
	if !whole {
		return nil, fmt.Errorf("%s without its body", e.GetType())
	}
	return e, nil
}

// errNameless says what is wrong with an offer that is skipped.
var errNameless = errors.New("an offer lacks its id, its agent or its host, or repeats the id of another")

// possible drops offers that no master makes: those without an id, agent id or
// hostname, and repeated ids.
func possible(offers []*mesospb.Offer, log logr.Logger) []*mesospb.Offer {
	seen := make(map[string]bool, len(offers))
	first, before := "", len(offers)
	offers = slices.DeleteFunc(offers, func(o *mesospb.Offer) bool {
		id, agent, host := o.Id.GetValue(), o.AgentId.GetValue(), o.GetHostname()
		bad := id == "" || agent == "" || host == "" || seen[id]
		if bad && first == "" {
			first = fmt.Sprintf("id %.100q, agent %.100q, host %.100q", id, agent, host)
		}
		seen[id] = true
		return bad
	})
	if n := before - len(offers); n > 0 {
		log.Error(errNameless, "skipping offers", "skipped", n, "of", before, "first", first)
	}
	return offers
}

// decodeExecutorEvent decodes one event. Unknown types are returned as UNKNOWN;
// known ones always have their body.
func decodeExecutorEvent(record []byte) (*mesospb.ExecutorEvent, error) {
	e := new(mesospb.ExecutorEvent)
	if err := e.Unmarshal(record); err != nil {
		return nil, err
	}
	whole := true
	switch e.GetType() {
	case mesospb.ExecutorEvent_SUBSCRIBED:
		whole = e.Subscribed != nil
	case mesospb.ExecutorEvent_LAUNCH:
		whole = e.Launch != nil
	case mesospb.ExecutorEvent_LAUNCH_GROUP:
		whole = e.LaunchGroup != nil
	case mesospb.ExecutorEvent_KILL:
		whole = e.Kill != nil
	case mesospb.ExecutorEvent_ACKNOWLEDGED:
		whole = e.Acknowledged != nil
	case mesospb.ExecutorEvent_MESSAGE:
		whole = e.Message != nil
	case mesospb.ExecutorEvent_ERROR:
		whole = e.Error != nil
	case mesospb.ExecutorEvent_SHUTDOWN, mesospb.ExecutorEvent_HEARTBEAT:
	default:
		e.Type = mesospb.ExecutorEvent_UNKNOWN.Enum()
	}
	if !whole {
		return nil, fmt.Errorf("%s without its body", e.GetType())
	}
	return e, nil
}
