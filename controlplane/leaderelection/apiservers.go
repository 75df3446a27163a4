package leaderelection

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/go-logr/logr"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/util/wait"
)

// servers is the last known list of live API servers. It stays unchanged while etcd
// does not answer.
type servers struct {
	own     string
	log     logr.Logger
	changed chan struct{} // holds one signal

	mu     sync.Mutex
	others []string // sorted, each once, without own
}

// Servers returns the URLs of the live API servers, our own first.
func (e *Elector) Servers() []string {
	e.servers.mu.Lock()
	defer e.servers.mu.Unlock()
	return append([]string{e.server}, e.servers.others...)
}

// ServersChanged receives a signal after Servers has changed. Several changes may
// share one signal. It is for one reader.
func (e *Elector) ServersChanged() <-chan struct{} { return e.servers.changed }

// register puts this process on the list for the life of l.
func (e *Elector) register(ctx context.Context, l *lease) error {
	key := fmt.Sprintf("%s%016x", serversPrefix, int64(l.id))
	return wait.PollUntilContextCancel(ctx, retryAfter, true, func(ctx context.Context) (bool, error) {
		try, cancel := context.WithTimeout(ctx, ttl)
		defer cancel()
		_, err := e.etcd.Put(try, key, e.server, clientv3.WithLease(l.id))
		if err != nil && ctx.Err() == nil {
			e.log.Error(err, "listing this API server", "key", key)
		}
		return err == nil, nil
	})
}

// watch keeps the list up to date until ctx ends.
func (s *servers) watch(ctx context.Context, etcd *clientv3.Client) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := s.follow(ctx, etcd); ctx.Err() == nil {
			s.log.Error(err, "reading the list of API servers", "prefix", serversPrefix)
		}
	}, retryAfter)
}

// follow reads the list, and rereads it whenever it changes. It returns why it cannot.
func (s *servers) follow(ctx context.Context, etcd *clientv3.Client) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	revision, err := s.read(ctx, etcd)
	if err != nil {
		return err
	}
	for changes := range etcd.Watch(ctx, serversPrefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1)) {
		if err := changes.Err(); err != nil {
			return err
		}
		if _, err := s.read(ctx, etcd); err != nil {
			return err
		}
	}
	return fmt.Errorf("the watch ended")
}

// read reads the list, and returns the revision at which it did.
func (s *servers) read(ctx context.Context, etcd *clientv3.Client) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, ttl)
	defer cancel()
	got, err := etcd.Get(ctx, serversPrefix, clientv3.WithPrefix())
	if err != nil {
		return 0, err
	}
	var others []string
	for _, kv := range got.Kvs {
		if url := string(kv.Value); url != s.own {
			others = append(others, url)
		}
	}
	slices.Sort(others)
	s.set(slices.Compact(others))
	return got.Header.Revision, nil
}

func (s *servers) set(others []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Equal(s.others, others) {
		return
	}
	s.others = others
	select {
	case s.changed <- struct{}{}:
	default:
	}
}
