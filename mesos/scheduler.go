package mesos

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/detector"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// defaultMaxBacklog bounds what waits for the handler: the offers of 100,000
// agents at once, or 300,000 status updates.
const defaultMaxBacklog = 64 << 20

// schedulerPath is the path at which masters take calls of frameworks.
const schedulerPath = "/api/v1/scheduler"

// A SchedulerConfig says where the masters are and who we are to them.
type SchedulerConfig struct {
	// Master is host:port, a comma separated list of these, http(s)://host:port,
	// zk://[user:password@]host:port,…/path, or file:///path of a file whose
	// first line is one of these.
	Master string
	// Principal and Secret are for HTTP Basic authentication. Without a
	// principal no credentials are sent.
	Principal, Secret string
	// TLS is for https masters; nil means Go's defaults. If it is set, masters found
	// through ZooKeeper and addresses without a scheme use https, and http is never
	// used. See TLSFiles.
	TLS *tls.Config
	// MaxRecord bounds one event and MaxBacklog all that wait for the handler,
	// in bytes; 0 stands for 64 MiB each.
	MaxRecord, MaxBacklog int
	// MaxBackoff bounds the pause between two attempts to subscribe, which grows
	// from a quarter of a second; 0 stands for 15 s.
	MaxBackoff time.Duration
	// Dial makes connections; nil is the network.
	Dial Dialer
	// Permit, if set, is called before each request. If it returns an error, the
	// request is not sent and fails with that error.
	Permit func() error
	// Log receives messages about masters that cannot be reached or are back, events
	// that are skipped, and secrets sent in the clear; the zero Logger discards them.
	Log logr.Logger
}

// A SchedulerHandler handles events. Its methods are called one at a time.
type SchedulerHandler interface {
	// Event is called with each event in order: SUBSCRIBED first, and never
	// HEARTBEAT, ERROR or unknown types.
	Event(*mesospb.SchedulerEvent)
	// Disconnected is called with the reason why there is no subscription now: once
	// after each that ended, and after each failed round of attempts, unless Run
	// returns. All offers are void. The error is an *outage.Error, whose text names
	// the master and is fit for users; it has been logged if needed.
	Disconnected(error)
}

// A Scheduler keeps a framework subscribed to the leading master and sends its
// calls there.
type Scheduler struct {
	cfg       SchedulerConfig
	masters   *detector.Detector
	transport *transport
	live      atomic.Pointer[subscription] // nil while there is none
	sendLock  chan struct{}                // full while a call is under way
}

// NewScheduler returns a Scheduler that is not yet subscribed. The error names
// what is wrong in cfg.
func NewScheduler(cfg SchedulerConfig) (*Scheduler, error) {
	masters, err := detector.New(detector.Config{
		Master: cfg.Master, Path: schedulerPath, Encrypted: cfg.TLS != nil, Dial: cfg.Dial, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	authorization := ""
	if cfg.Principal != "" {
		// Masters split at the colon and expect exactly one.
		if strings.Contains(cfg.Principal+cfg.Secret, ":") {
			return nil, errors.New("mesos principal or secret: a colon in it cannot be sent by HTTP Basic authentication; choose another")
		}
		authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.Principal+":"+cfg.Secret))
	}
	if cfg.MaxBacklog <= 0 {
		cfg.MaxBacklog = defaultMaxBacklog
	}
	if cfg.MaxBackoff <= 0 {
		cfg.MaxBackoff = maxBackoff
	}
	s := &Scheduler{
		cfg:       cfg,
		masters:   masters,
		transport: newTransport(cfg.Dial, cfg.TLS, authorization),
		sendLock:  make(chan struct{}, 1),
	}
	s.transport.permit = cfg.Permit
	return s, nil
}

// Run subscribes, passes events to h, and subscribes again whenever the subscription
// ends. Each time it calls info for the FrameworkInfo, with its id once that is
// known; an id given in this Run is used even if info lacks it.
//
// It returns when ctx ends, or with an error that makes subscribing again pointless:
// ErrFailedOver, ErrRemoved or a *RejectedError. Nothing it started is left then.
// Only one Run may be active at a time.
func (s *Scheduler) Run(ctx context.Context, info func() *mesospb.FrameworkInfo, h SchedulerHandler) error {
	defer s.transport.close()
	r := run{scheduler: s, info: info, handler: h, outage: outage.Outage{
		Server: "the Mesos master " + s.masters.String(), Log: s.cfg.Log,
	}}
	pauses := subscribeBackoff(s.cfg.MaxBackoff)
	for {
		held, err := r.subscribeRound(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case fatal(err):
			return err
		case held >= s.cfg.MaxBackoff:
			pauses.Reset()
		}
		h.Disconnected(r.outage.Failed(err, s.cfg.MaxBackoff))
		wait(ctx, pauses.NextBackOff())
	}
}
