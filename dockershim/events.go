package dockershim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/golang/glog"
)

// eventsAgain is how often events are asked for while there are none to be had.
const eventsAgain = time.Second

// watch reads events until ctx ends. It leaves it to others to find the daemon.
func (s *service) watch(ctx context.Context) {
	again := time.NewTicker(eventsAgain)
	defer again.Stop()
	for {
		err := s.readEvents(ctx)
		s.listing.setWatched(false)
		if ctx.Err() == nil {
			glog.V(1).Infof("events of docker: %v", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// readEvents reads until the events break off, and says why they did.
func (s *service) readEvents(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := s.engine.current()
	if l == nil {
		return errors.New("nobody has called docker yet")
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
	events := json.NewDecoder(answer.Body)
	for {
		var event struct{}
		if err := events.Decode(&event); err != nil {
			return err
		}
		s.listing.changed()
	}
}

// events asks for what changes o's containers in a list. Docker answers before it
// begins to listen for events; those that it has kept since are sent as well, and
// a second more in case that clocks are read coarsely.
func (o Owner) events(now time.Time) string {
	filters := o.filters()
	filters["type"] = []string{"container"}
	filters["event"] = []string{"create", "start", "die", "pause", "unpause", "destroy"}
	text, err := json.Marshal(filters)
	if err != nil { // cannot be: strings always have a JSON form
		panic(err)
	}
	since := now.Add(-time.Second)
	return url.Values{
		"filters": {string(text)},
		"since":   {fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond())},
	}.Encode()
}
