package dockershim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// eventsAgain is how often to ask for events while they are unavailable.
const eventsAgain = time.Second

// watch reads events until ctx ends. It leaves finding the daemon to other calls.
func (v *inventory) watch(ctx context.Context) {
	again := time.NewTicker(eventsAgain)
	defer again.Stop()
	docker := outage.Outage{Server: "Docker at " + v.engine.Endpoint(), Log: v.log}
	var failure error // the daemon's latest
	for {
		err := v.readEvents(ctx, func() { docker.Over(""); failure = nil })
		v.listing.setWatched(false)
		if !errors.Is(err, errNoDaemon) {
			failure = err
		}
		if failure != nil && ctx.Err() == nil {
			_ = docker.Failed(failure, eventsAgain) // to be logged
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// errNoDaemon means that no call has found the daemon yet, or again since it was lost.
var errNoDaemon = errors.New("no daemon is known")

// readEvents reads events until they break off, and returns the reason. It calls begun
// when the daemon has answered.
func (v *inventory) readEvents(ctx context.Context, begun func()) error {
	var settling sync.WaitGroup
	defer settling.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := v.engine.Known()
	if d == nil {
		return errNoDaemon
	}
	query, err := eventsQuery(v.owner, time.Now())
	if err != nil {
		return err
	}
	late := time.AfterFunc(engine.AnswerTime, cancel)
	answer, err := v.engine.Get(ctx, d, "/events?"+query)
	late.Stop()
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	v.listing.setWatched(true)
	begun()
	events := json.NewDecoder(answer.Body)
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			return err
		}
		if !e.early() {
			v.listing.invalidate()
			continue
		}
		v.listing.invalidatePending()
		settling.Go(func() {
			defer v.listing.settled()
			if _, _, err := v.inspect(ctx, e.Actor.ID); err != nil && !gone(err) && ctx.Err() == nil {
				v.log.Error(err, "inspecting a container after its event", "event", e.Action, "container", e.Actor.ID)
			}
		})
	}
}

// event is an event of a container, as Docker sends it.
type event struct {
	Action string
	Actor  struct{ ID string }
}

// early reports whether Docker 20.10 sends e before its lists show the change: in
// between it frees the container's resources. It keeps the container locked meanwhile,
// so an inspect call in that time returns what lists show afterwards.
func (e event) early() bool {
	return e.Action == "die" || e.Action == "pause" || e.Action == "unpause"
}

// eventsQuery returns the query for events that change o's containers in a list. Docker
// answers before it begins to listen for events; it also sends those it has kept since
// then, and those of one more second in case clocks are coarse.
func eventsQuery(o spec.Owner, now time.Time) (string, error) {
	filters := o.Filters()
	filters["type"] = []string{"container"}
	filters["event"] = []string{"create", "start", "die", "pause", "unpause", "destroy"}
	text, err := json.Marshal(filters)
	if err != nil {
		return "", err
	}
	since := now.Add(-time.Second)
	return url.Values{
		"filters": {string(text)},
		"since":   {fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond())},
	}.Encode(), nil
}
