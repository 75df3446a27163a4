package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework/schedulerplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/recording"
)

// replay plays a recording again, and writes what is decided with the policies of its time;
// or, if the command line names others, what would have differed.
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
	is, err := policyOf(o, in.Header)
	if err != nil {
		return err
	}
	if is == policyOfTime(o, in.Header) {
		err = again(ctx, o, in, is, out)
	} else {
		err = otherwise(ctx, o, in, is, out)
	}
	if err != nil {
		return fmt.Errorf("-replay=%s: %w", file, err)
	}
	return nil
}

// policy is what decides where pods go.
type policy struct {
	order   scheduler.Order
	choice  scheduler.Choice
	plugins string // their configuration's hash
	file    string // with that; "": the default
}

// policyOfTime returns the policy with which a recording was made. Its plugins are known if
// they are the default, or those that o names.
func policyOfTime(o options, h recording.Header) policy {
	p := policy{order: cmp.Or(h.Config.Order, scheduler.FirstCome), choice: cmp.Or(h.Config.Choice, scheduler.Spread), plugins: h.Plugins}
	if hash, err := hashOf(o.scheduling.schedulerConfig); err == nil && hash == h.Plugins {
		p.file = o.scheduling.schedulerConfig
	}
	return p
}

// policyOf returns the policy that o asks for: that of the recording, but for what it names.
func policyOf(o options, h recording.Header) (policy, error) {
	p := policyOfTime(o, h)
	s := o.scheduling
	if slices.Contains(s.given, "pod_order") {
		p.order = scheduler.Order(s.podOrder)
	}
	if slices.Contains(s.given, "agent_choice") {
		p.choice = scheduler.Choice(s.agentChoice)
	}
	if s.schedulerConfig != "" {
		hash, err := hashOf(s.schedulerConfig)
		p.plugins, p.file = hash, s.schedulerConfig
		return p, err
	}
	if p.plugins != "" {
		return p, usageError{fmt.Errorf("-replay: the recording was made with plugins of a file with the SHA-256 %s: name it, or another, with -scheduler_config", p.plugins)}
	}
	return p, nil
}

// String names the policy.
func (p policy) String() string {
	name := string(p.order) + ", " + string(p.choice)
	if p.file != "" {
		name += ", " + p.file
	}
	return name
}

// core returns a new core with the policy, and its rules.
func (p policy) core(ctx context.Context, o options, h recording.Header) (*scheduler.State, *schedulerplugins.Rules, error) {
	o.scheduling.schedulerConfig = p.file
	profiles, err := profilesOf(o)
	if err != nil {
		return nil, nil, err
	}
	if profiles.Extended() {
		return nil, nil, usageError{errors.New("what extenders said is not recorded: name a -scheduler_config without extenders")}
	}
	rules, err := schedulerplugins.New(ctx, profiles)
	if err != nil {
		return nil, nil, err
	}
	cfg := h.Config
	cfg.Order, cfg.Choice, cfg.Rules = p.order, p.choice, rules
	return scheduler.New(cfg), rules, nil
}

// again decides what was recorded once more. It fails if that differs.
func again(ctx context.Context, o options, in *recording.Reader, p policy, out io.Writer) error {
	core, rules, err := p.core(ctx, o, in.Header)
	if err != nil {
		return err
	}
	got, err := recording.Replay(in, core, rules, out)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%d steps, %d launches, %d steps differ from the recording\n", got.Steps, got.Launches, got.Different); err != nil {
		return err
	}
	if got.Different > 0 && !in.Header.Continues {
		return fmt.Errorf("%d steps differ from what was recorded: this program decides otherwise than the one that wrote it", got.Different)
	}
	return nil
}

// otherwise writes what becomes of the pods of a recording by another policy: next to what
// became of them, and what becomes of them in the same simulation by the policy of the
// time, if its plugins are known.
func otherwise(ctx context.Context, o options, in *recording.Reader, other policy, out io.Writer) error {
	trace, err := recording.ReadTrace(in)
	if err != nil {
		return err
	}
	columns := []recording.Column{{Name: "as recorded", Result: trace.Recorded}}
	was := policyOfTime(o, in.Header)
	for _, p := range []policy{was, other} {
		if p == was && p.plugins != "" && p.file == "" {
			continue
		}
		core, rules, err := p.core(ctx, o, in.Header)
		if err != nil {
			return err
		}
		columns = append(columns, recording.Column{Name: "simulated: " + p.String(), Result: recording.Simulate(trace, core, rules)})
	}
	return recording.Compare(out, columns...)
}
