package controlplane

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/storage"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	"k8s.io/kubernetes/cmd/kube-controller-manager/names"
	"k8s.io/kubernetes/pkg/controlplane/reconcilers"
)

// issuer is the issuer that service account tokens name.
const issuer = "https://kubernetes.default.svc.cluster.local"

// watchGrace is how long watches may take to end when the API server stops.
const watchGrace = 500 * time.Millisecond

// apiServer is an API server that is built but not running yet.
type apiServer struct {
	handler http.Handler // in process, including the door; markLocal gives its requests all rights
	run     func(context.Context) error
}

// ownAnswers has some requests answered by the control plane, and passes the others to api. It
// gets those that the caller may make.
type ownAnswers func(api http.Handler, etcd storage.StorageFactory) http.Handler

// newAPIServer builds the API server on a reachable etcd. It owns l.
func newAPIServer(ctx context.Context, s resolved, files files, harden hardening, etcd etcdClient, l net.Listener, own ownAnswers, started <-chan struct{}) (*apiServer, error) {
	o := apiServerOptions(s, files, etcd, l)
	harden.apply(o, s)
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	completed, err := o.Complete(ctx)
	if err != nil {
		return nil, err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	config, err := app.NewConfig(completed)
	if err != nil {
		return nil, err
	}
	// The aggregator is the outermost server; its filters are the ones in use.
	outer := &config.Aggregator.GenericConfig.Config
	outer.Authentication.Authenticator = authenticateLocal(outer.Authentication.Authenticator)
	build, factory := outer.BuildHandlerChainFunc, config.KubeAPIs.ControlPlane.StorageFactory
	outer.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		api = own(unlessFull(api, etcd.full), factory)
		return build(unlessStarting(api, started), c)
	}
	if s.Door != nil {
		behindDoor(outer, s.Door)
	}
	ready, err := config.Complete()
	if err != nil {
		return nil, err
	}
	// Complete has put the API server's own token in front of the other authenticators.
	outermost := &ready.Aggregator.GenericConfig.Authentication
	outermost.Authenticator = withComplaints(outermost.Authenticator, s.Log)
	server, err := app.CreateServerChain(ready)
	if err != nil {
		return nil, err
	}
	kube := server.GenericAPIServer.NextDelegate().(*genericapiserver.GenericAPIServer)
	metrics, err := serveMetrics(kube, config.KubeAPIs.ControlPlane.VersionedInformers, config.KubeAPIs.Extra.KubeletClientConfig, s.Log.WithName("metrics"))
	if err != nil {
		return nil, err
	}
	prepared, err := server.PrepareRun()
	if err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	run := func(ctx context.Context) error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go metrics.Run(ctx)
		return prepared.Run(ctx)
	}
	return &apiServer{handler: server.GenericAPIServer.Handler, run: run}, nil
}

func apiServerOptions(s resolved, files files, etcd etcdClient, l net.Listener) *options.ServerRunOptions {
	o := options.NewServerRunOptions()

	o.Etcd.StorageConfig.Transport.ServerList = etcd.servers
	o.Etcd.StorageConfig.Transport.TrustedCAFile = s.EtcdCAFile
	o.Etcd.StorageConfig.Transport.CertFile = s.EtcdCertFile
	o.Etcd.StorageConfig.Transport.KeyFile = s.EtcdKeyFile
	o.EventTTL = s.EventTTL

	o.SecureServing.Listener = l
	o.SecureServing.BindAddress = s.secureIP
	o.SecureServing.BindPort = l.Addr().(*net.TCPAddr).Port
	o.SecureServing.ServerCert.CertKey.CertFile = files.serverCert
	o.SecureServing.ServerCert.CertKey.KeyFile = files.serverKey
	o.GenericServerRunOptions.AdvertiseAddress = s.advertise
	o.GenericServerRunOptions.ShutdownWatchTerminationGracePeriod = watchGrace
	o.GenericServerRunOptions.ShutdownSendRetryAfter = true // it then also stops without waiting for idle connections

	o.ServiceClusterIPRanges = s.ServiceClusterIPRange
	o.ServiceNodePortRange = *s.nodePorts
	o.EnableAggregatorRouting = true // webhooks and aggregated APIs are reached at their pods: no service proxy runs here
	o.AllowPrivileged = s.AllowPrivileged
	o.EndpointReconcilerType = string(reconcilers.LeaseEndpointReconcilerType)
	if s.advertise.IsLoopback() {
		// The service "kubernetes" cannot have a loopback address as its endpoint.
		o.EndpointReconcilerType = string(reconcilers.NoneEndpointReconcilerType)
	}

	o.Metrics = nil // it only hides or shows single metrics, and complains when empty
	o.Features.EnableProfiling = false
	o.Features.EnableContentionProfiling = false

	authenticate(o, files)
	o.Authorization.Modes = []string{"Node", "RBAC"}
	o.Admission.GenericAdmission.EnablePlugins = []string{"NodeRestriction"}
	o.Admission.GenericAdmission.DisablePlugins = admissionOff(s.choice)
	keepAgentAnnotation(o)
	if s.Fit != nil {
		answerDryRuns(o, s.Fit)
	}

	// An agent's name may not be resolvable; its address is the one Mesos knows.
	o.KubeletConfig.PreferredAddressTypes = []string{string(corev1.NodeInternalIP), string(corev1.NodeHostName)}
	o.KubeletConfig.TLSClientConfig.CAFile = files.caCert
	o.KubeletConfig.TLSClientConfig.CertFile = files.kubeletClientCert
	o.KubeletConfig.TLSClientConfig.KeyFile = files.kubeletClientKey
	return o
}

// authenticate configures whom the secure port admits: holders of a client
// certificate, a service account token or an agent's bootstrap token.
func authenticate(o *options.ServerRunOptions, files files) {
	a := o.Authentication
	a.Anonymous.Allow = false
	a.BootstrapToken.Enable = true
	a.ClientCert.ClientCA = files.caCert
	a.RequestHeader.ClientCAFile = files.frontProxyCA
	a.RequestHeader.AllowedNames = []string{frontProxyUser}
	a.RequestHeader.UsernameHeaders = []string{"X-Remote-User"}
	a.RequestHeader.UIDHeaders = []string{"X-Remote-Uid"}
	a.RequestHeader.GroupHeaders = []string{"X-Remote-Group"}
	a.RequestHeader.ExtraHeaderPrefixes = []string{"X-Remote-Extra-"}
	a.ServiceAccounts.Issuers = []string{issuer}
	// Otherwise a pod's token would live for a year, which is meant for clients that
	// read it only once. The kubelet renews tokens, and clients reread them.
	a.ServiceAccounts.ExtendExpiration = false
	a.ServiceAccounts.KeyFiles = []string{files.serviceAccountKey}
	o.ServiceAccountSigningKeyFile = files.serviceAccountKey
	o.ProxyClientCertFile = files.frontProxyClientCert
	o.ProxyClientKeyFile = files.frontProxyClientKey
}

// admissionOff returns the admission plugins that depend on a controller that does
// not run.
func admissionOff(c choice) []string {
	var off []string
	for _, need := range []struct{ plugin, controller string }{
		{"ServiceAccount", names.ServiceAccountController},                                // creates the account every pod needs
		{"TaintNodesByCondition", names.NodeLifecycleController},                          // removes the taint "not-ready"
		{"StorageObjectInUseProtection", names.PersistentVolumeClaimProtectionController}, // removes the finalizers
		{"StorageObjectInUseProtection", names.PersistentVolumeProtectionController},      // likewise
	} {
		if !c.runs(need.controller) && !slices.Contains(off, need.plugin) {
			off = append(off, need.plugin)
		}
	}
	return off
}
