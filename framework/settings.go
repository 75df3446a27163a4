package framework

import (
	"context"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/outbox"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

// settingsEvery is how often executors are told their settings even if nothing
// has changed: Mesos loses messages silently.
const settingsEvery = 5 * time.Minute

// settings returns what an executor is told now.
func (c Config) settings() taskdata.Settings {
	if c.Settings == nil {
		return taskdata.Settings{Servers: c.Cluster.Servers}
	}
	return c.Settings()
}

// cluster returns what comes with a task now.
func (c Config) cluster() taskdata.Cluster {
	cluster := c.Cluster
	cluster.Servers = c.settings().Servers
	return cluster
}

// watchSettings has the executors told of changes, and periodically.
func (f *Framework) watchSettings(ctx context.Context) {
	f.remind(ctx, settingsDue{}, settingsEvery, f.cfg.SettingsChanged)
}

// remind puts a message into the inbox again and again, and whenever sooner
// yields a value, until ctx ends.
func (f *Framework) remind(ctx context.Context, m message, every time.Duration, sooner <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-sooner:
		}
		f.inbox.Put(m)
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
		l.log.Error(err, "the settings of the executors cannot be encoded; they keep theirs")
		return
	}
	for _, a := range l.agents.sorted() {
		if !a.lost && !a.idle() {
			l.outbox.Put(outbox.Job{Call: mesos.Message(taskdata.ExecutorID, a.id, data)})
		}
	}
}
