package framework

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// settingsEvery is how often executors are told their settings even if nothing
// has changed: Mesos loses messages silently.
const settingsEvery = 5 * time.Minute

// tellSettings is a message to the loop: executors are to be told their settings.
type tellSettings struct{}

// settings returns what an executor is told now.
func (f *Framework) settings() taskdata.Settings {
	if f.cfg.Settings == nil {
		return taskdata.Settings{Servers: f.cfg.Cluster.Servers}
	}
	return f.cfg.Settings()
}

// watchSettings has the executors told of changes, and periodically.
func (f *Framework) watchSettings(ctx context.Context) {
	f.remind(ctx, tellSettings{}, settingsEvery, f.cfg.SettingsChanged)
}

// remind puts a message into the inbox again and again, and whenever sooner
// yields a value, until ctx ends.
func (f *Framework) remind(ctx context.Context, message any, every time.Duration, sooner <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-sooner:
		}
		f.inbox.put(message)
	}
}

// tellExecutors sends every executor that may live its settings. Those of new
// executors come with their first task.
func (l *loop) tellExecutors() {
	if !l.connected {
		return // the next subscription tells them
	}
	data, err := l.settings().Encode()
	if err != nil {
		glog.Errorf("framework: settings for the executors: %v", err)
		return
	}
	for _, id := range slices.Sorted(maps.Keys(l.agents.byID)) {
		if a := l.agents.byID[id]; !a.lost && !a.idle() {
			l.outbox.put(job{call: mesos.Message(taskdata.ExecutorID, id, data)})
		}
	}
}
