package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework"
	"github.com/kubernetes-mesos/kubernetes-mesos/framework/etcdstore"
)

// tearDown ends the framework on record. The control plane runs meanwhile, without
// controllers, which would replace pods: pods are marked by way of its API, and its
// locks and leases make sure that no other framework_runner acts.
func tearDown(ctx context.Context, p *parts, o options) error {
	if err := haveRecords(o); err != nil {
		return usageError{fmt.Errorf("-teardown: %w", err)}
	}
	o.controllers = "none"
	plane, err := startControlPlane(ctx, p, o, newPlacements(o))
	if err != nil {
		return err
	}
	if err := p.waitFor(ctx, plane.Ready()); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("-teardown: told to end before anything was done")
	}
	if err := mustLead(ctx, plane); err != nil {
		return usageError{fmt.Errorf("-teardown: %w", err)}
	}
	p.start(ctx, "leadership", plane.Elector().Hold)
	cfg, err := identityOf(o, plane, p.log)
	if err != nil {
		return err
	}
	records := recordsIn(plane)
	if err := records.MoveFrom(ctx, etcdstore.FormerPrefix); err != nil {
		return fmt.Errorf("-teardown: %w", err)
	}
	cfg.Log = p.log.WithName("framework")
	cfg.Store = records
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	var torn framework.TornDown
	var failure error
	go func() {
		defer close(done)
		torn, failure = framework.Teardown(ctx, cfg)
	}()
	err = p.waitFor(ctx, done) // with an error when the lead is lost
	stop()
	<-done
	if err != nil {
		return err
	}
	if errors.Is(failure, framework.ErrNoFramework) {
		return usageError{fmt.Errorf("-teardown: %w", failure)}
	}
	if failure != nil {
		return fmt.Errorf("-teardown: %w", explainTakeover(failure, plane.Elector()))
	}
	fmt.Printf("framework %s is torn down: Mesos has removed it and kills its tasks, %d on record\n", torn.Framework, torn.Tasks)
	fmt.Printf("%d bound pods are marked Failed; the records are deleted, and the next start begins as a new framework\n", torn.Pods)
	return nil
}

// haveRecords keeps a mistyped directory from being created.
func haveRecords(o options) error {
	if o.etcdServers != "" {
		return nil
	}
	_, err := os.Stat(filepath.Join(o.dataDir, "etcd"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in -data_dir=%s, which no framework_runner has used", framework.ErrNoFramework, o.dataDir)
	}
	return err
}

// mustLead refuses while another framework_runner leads.
func mustLead(ctx context.Context, plane *controlplane.ControlPlane) error {
	select {
	case <-plane.Elector().Leading():
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	leader, err := plane.Elector().Leader(ctx)
	if err != nil || leader == "" {
		leader = "another framework_runner"
	}
	return fmt.Errorf("%s leads: stop all framework_runners first", leader)
}
