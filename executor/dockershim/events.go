package dockershim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// eventsAgain is how often to ask for events while they are unavailable.
const eventsAgain = time.Second

// watch reads events until ctx ends. It leaves finding the daemon to other calls.
func (s *service) watch(ctx context.Context) {
	again := time.NewTicker(eventsAgain)
	defer again.Stop()
	docker := outage.Outage{Server: "Docker at " + s.engine.endpoint}
	var failure error // the daemon's latest
	for {
		err := s.readEvents(ctx, func() { docker.Over(""); failure = nil })
		s.listing.setWatched(false)
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
func (s *service) readEvents(ctx context.Context, begun func()) error {
	var settling sync.WaitGroup
	defer settling.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := s.engine.current()
	if l == nil {
		return errNoDaemon
	}
	late := time.AfterFunc(answerTime, cancel)
	answer, err := s.engine.client(ctx, l).HTTPClient.Get(l.base() + "/events?" + s.config.Owner.events(time.Now()))
	late.Stop()
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return apiError(answer)
	}
	s.listing.setWatched(true)
	begun()
	events := json.NewDecoder(answer.Body)
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			return err
		}
		if !e.early() {
			s.listing.changed()
			continue
		}
		s.listing.doubt()
		settling.Go(func() {
			defer s.listing.settled()
			if _, _, err := s.inspect(ctx, e.Actor.ID); err != nil && !gone(err) && ctx.Err() == nil {
				glog.Warningf("after %q of container %s: %v", e.Action, e.Actor.ID, err)
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

// events returns the query for events that change o's containers in a list. Docker
// answers before it begins to listen for events; it also sends those it has kept since
// then, and those of one more second in case clocks are coarse.
func (o Owner) events(now time.Time) string {
	filters := o.filters()
	filters["type"] = []string{"container"}
	filters["event"] = []string{"create", "start", "die", "pause", "unpause", "destroy"}
	since := now.Add(-time.Second)
	return url.Values{
		"filters": {encodeMap(filters)},
		"since":   {fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond())},
	}.Encode()
}
