package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/etcd"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/outage"
)

// etcdTimeout is how long an external etcd has to answer at start.
const etcdTimeout = 10 * time.Second

// etcdTry is how long one request to it may take.
const etcdTry = 2 * time.Second

// etcdKeepAlive is how long a connection to such an etcd may be idle before it is
// probed; etcd does not accept probes more often than every five seconds.
const etcdKeepAlive = 6 * time.Second

// etcdClient is a reachable etcd, embedded or external.
type etcdClient struct {
	servers []string
	client  *clientv3.Client
	failed  <-chan error // when it ends by itself; nil if external
	full    func() error // why it can no longer be written; nil if external
	stop    func()
}

// startEtcd starts the embedded etcd.
func startEtcd(ctx context.Context, s resolved) (etcdClient, error) {
	member, err := etcd.Start(ctx, filepath.Join(s.DataDir, "etcd"), s.Log.WithName("etcd"))
	if err != nil {
		return etcdClient{}, err
	}
	e := etcdClient{servers: []string{member.URL}, failed: member.Failed(), full: member.Full}
	e.client, err = clientv3.New(clientv3.Config{Endpoints: e.servers, Logger: zap.NewNop()})
	if err != nil {
		member.Stop()
		return etcdClient{}, fmt.Errorf("etcd: %w", err)
	}
	e.stop = func() { e.client.Close(); member.Stop() }
	return e, nil
}

// reachEtcd makes sure that the configured etcd answers.
func reachEtcd(ctx context.Context, s resolved) (etcdClient, error) {
	var secure *tls.Config
	if s.EtcdCAFile+s.EtcdCertFile+s.EtcdKeyFile != "" {
		var err error
		secure, err = transport.TLSInfo{TrustedCAFile: s.EtcdCAFile, CertFile: s.EtcdCertFile, KeyFile: s.EtcdKeyFile}.ClientConfig()
		if err != nil {
			return etcdClient{}, &ConfigError{"etcd_servers", err}
		}
	}
	c, err := clientv3.New(clientv3.Config{
		Endpoints: s.EtcdServers, TLS: secure, Logger: zap.NewNop(),
		DialKeepAliveTime: etcdKeepAlive, DialKeepAliveTimeout: etcdKeepAlive / 2,
	})
	if err != nil {
		return etcdClient{}, &ConfigError{"etcd_servers", err}
	}
	if err := awaitEtcd(ctx, c, s.Log); err != nil {
		c.Close()
		return etcdClient{}, &ConfigError{"etcd_servers", err}
	}
	return etcdClient{servers: s.EtcdServers, client: c, stop: func() { c.Close() }}, nil
}

// awaitEtcd asks etcd until it answers, for etcdTimeout at most. It does without the
// client's own retries, which would hide why etcd does not answer.
func awaitEtcd(ctx context.Context, c *clientv3.Client, log logr.Logger) error {
	ctx, done := context.WithTimeout(ctx, etcdTimeout)
	defer done()
	kv := pb.NewKVClient(c.ActiveConnection())
	silence := outage.Outage{Log: log, Server: "etcd at " + strings.Join(c.Endpoints(), ",")}
	for {
		try, cancel := context.WithTimeout(ctx, etcdTry)
		_, err := kv.Range(try, &pb.RangeRequest{Key: []byte("/")})
		cancel()
		if err == nil {
			silence.Over("")
			return nil
		}
		err = silence.Failed(err, etcdTry)
		select {
		case <-time.After(etcdTry / 10):
		case <-ctx.Done():
			return fmt.Errorf("no answer within %v: %w", etcdTimeout, err)
		}
	}
}
