package networkpolicy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/knftables"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/reconcile"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/transform"
)

// Config configures the enforcement for one node.
type Config struct {
	Client kubernetes.Interface
	Node   string
	Owner  string // identifies the executor among those of this host
	// Report is told by Run whether the policies are in force, and why not otherwise; nil:
	// nobody is.
	Report func(error)
}

// Enforcer enforces policies for the pods of one node.
type Enforcer struct {
	cfg   Config
	table string

	mu       sync.Mutex     // held while rules are made
	now      func() objects // nil while the API server's objects are not known
	made     string         // the rules in force, as text
	admitted map[types.UID]admission
}

// New returns an enforcer. It has no side effects.
func New(cfg Config) *Enforcer {
	table := fmt.Sprintf("kubernetes-mesos-policy-%x", sha256.Sum256([]byte(cfg.Owner)))[:len("kubernetes-mesos-policy-")+8]
	return &Enforcer{cfg: cfg, table: table, admitted: map[types.UID]admission{}}
}

// gather is how long changes are gathered before rules are made.
const gather = 100 * time.Millisecond

// Run keeps the rules up to date until ctx ends. They stay when it returns; see Remove.
func (e *Enforcer) Run(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(e.cfg.Client, 0, informers.WithTransform(transform.Network))
	pods, namespaces, policies := factory.Core().V1().Pods().Informer(), factory.Core().V1().Namespaces().Informer(), factory.Networking().V1().NetworkPolicies().Informer()
	changed := reconcile.NewSignal()
	for _, i := range []cache.SharedIndexInformer{pods, namespaces, policies} {
		if _, err := i.AddEventHandler(changed.Handler()); err != nil {
			return fmt.Errorf("network policies: %w", err)
		}
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		return nil
	}
	e.keep(ctx, func() objects {
		return objects{list[*v1.Pod](pods), list[*v1.Namespace](namespaces), list[*netv1.NetworkPolicy](policies)}
	}, changed)
	return nil
}

func list[T any](i cache.SharedIndexInformer) []T {
	var all []T
	for _, obj := range i.GetStore().List() {
		all = append(all, obj.(T))
	}
	return all
}

// keep makes the rules whenever objects have changed, and periodically.
func (e *Enforcer) keep(ctx context.Context, now func() objects, changed <-chan struct{}) {
	e.setNow(now)
	defer e.setNow(nil)
	reconcile.Loop{
		Every: reconcile.Every, Changed: changed, Settle: gather, Report: e.cfg.Report,
		Do: func(ctx context.Context, repair bool) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			return e.enforce(ctx, repair)
		},
	}.Run(ctx)
}

func (e *Enforcer) setNow(now func() objects) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = now
}

// enforce makes the rules if they are to change, or to be repaired. e.mu is held.
func (e *Enforcer) enforce(ctx context.Context, repair bool) error {
	o := e.now()
	o.pods = e.withAdmitted(o.pods)
	rules := compile(e.cfg.Node, o)
	text := fmt.Sprintf("%+v", flat(rules))
	if text == e.made && !repair {
		return nil
	}
	e.made = ""
	if err := e.apply(ctx, rules); err != nil {
		return fmt.Errorf("network policies are not in force as written: %w", err)
	}
	e.made = text
	return nil
}

// flat returns rules without pointers, to be compared as text.
func flat(all []podRules) []any {
	var out []any
	for _, p := range all {
		out = append(out, p.name, p.addresses)
		for _, d := range []*direction{p.ingress, p.egress} {
			if d != nil {
				out = append(out, *d)
			} else {
				out = append(out, nil)
			}
		}
	}
	return out
}

// apply replaces the tables of both families.
func (e *Enforcer) apply(ctx context.Context, rules []podRules) error {
	for _, family := range []knftables.Family{knftables.IPv4Family, knftables.IPv6Family} {
		nft, err := knftables.New(family, e.table)
		if err != nil {
			return err
		}
		tx := nft.NewTransaction()
		render(tx, family, e.cfg.Owner, rules)
		if err := nft.Run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes the rules. Run has returned.
func (e *Enforcer) Remove(ctx context.Context) error {
	if err := e.apply(ctx, nil); err != nil {
		return fmt.Errorf("network policies: %w", err)
	}
	return nil
}
