package app

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/recording"
)

// recordingFlags say where the decisions of the scheduling are recorded, or played again.
type recordingFlags struct {
	record string
	replay string
}

func (r *recordingFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&r.record, "record_scheduling", "", fmt.Sprintf("`file` to which what the scheduling is told and answers is written, to be played again; the one before is kept with .1 behind its name, each of %d MiB at most", recording.DefaultLimit>>20))
	fs.StringVar(&r.replay, "replay", "", "play a `file` of -record_scheduling again without Mesos, print what is decided and what differs from what was recorded, and end; with another -pod_order, -agent_choice or -scheduler_config, print what would have become of the pods")
}

func (r *recordingFlags) check() error {
	if r.record != "" && r.record == r.replay {
		return fmt.Errorf("-record_scheduling=%s is the file to be played: name another", r.record)
	}
	return nil
}

// startRecording starts a recording of a core of this configuration, with these plugins.
func startRecording(ctx context.Context, p *parts, o options, cfg scheduler.Config) (*recording.Writer, error) {
	plugins, err := hashOf(o.scheduling.schedulerConfig)
	if err != nil {
		return nil, err
	}
	w, err := recording.NewWriter(o.recording.record, recording.DefaultLimit, cfg, plugins, p.log.WithName("recording"))
	if err != nil {
		return nil, usageError{fmt.Errorf("-record_scheduling=%s: %w", o.recording.record, err)}
	}
	p.start(ctx, "recording", func(ctx context.Context) error {
		w.Run(ctx)
		<-ctx.Done() // without a recording, pods run all the same
		return nil
	})
	return w, nil
}

// hashOf returns the hash of a file with the configuration of plugins; "": of no file.
func hashOf(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{fmt.Errorf("-scheduler_config: %w", err)}
	}
	return fmt.Sprintf("%x", sha256.Sum256(b)), nil
}
