package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/schedulerplugins"
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
	fs.StringVar(&r.replay, "replay", "", "play a `file` of -record_scheduling again without Mesos, print what is decided and what differs from what was recorded, and end")
}

func (r *recordingFlags) check() error {
	if r.record != "" && r.record == r.replay {
		return fmt.Errorf("-record_scheduling=%s is the file to be played: name another", r.record)
	}
	return nil
}

// startRecording starts a recording of a core of this configuration.
func startRecording(ctx context.Context, p *parts, file string, cfg scheduler.Config) (*recording.Writer, error) {
	w, err := recording.NewWriter(file, recording.DefaultLimit, cfg, p.log.WithName("recording"))
	if err != nil {
		return nil, usageError{fmt.Errorf("-record_scheduling=%s: %w", file, err)}
	}
	p.start(ctx, "recording", func(ctx context.Context) error {
		w.Run(ctx)
		<-ctx.Done() // without a recording, pods run all the same
		return nil
	})
	return w, nil
}

// replay plays a recording again, with the policies of its time and the plugins that o names,
// and writes what is decided. It fails if that differs from what was recorded.
func replay(ctx context.Context, o options, out io.Writer) (err error) {
	file := o.recording.replay
	f, err := os.Open(file)
	if err != nil {
		return usageError{fmt.Errorf("-replay: %w", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in, err := recording.NewReader(f)
	if err != nil {
		return usageError{fmt.Errorf("-replay=%s: %w", file, err)}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	profiles, err := profilesOf(o)
	if err != nil {
		return err
	}
	if profiles.Extended() {
		return usageError{fmt.Errorf("-replay=%s: what extenders said is not recorded: play it with a -scheduler_config without extenders", file)}
	}
	rules, err := schedulerplugins.New(ctx, profiles)
	if err != nil {
		return err
	}
	cfg := in.Header.Config
	cfg.Rules = rules
	got, err := recording.Replay(in, scheduler.New(cfg), rules, out)
	if err != nil {
		return fmt.Errorf("-replay=%s: %w", file, err)
	}
	if _, err := fmt.Fprintf(out, "%d steps, %d launches, %d steps differ from the recording\n", got.Steps, got.Launches, got.Different); err != nil {
		return err
	}
	if got.Different > 0 && !in.Header.Continues {
		return fmt.Errorf("-replay=%s: %d steps differ from what was recorded: this program decides otherwise than the one that wrote it", file, got.Different)
	}
	return nil
}
