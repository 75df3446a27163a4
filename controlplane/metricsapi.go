package controlplane

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/client/clientset_generated/clientset"
	kubeletclient "k8s.io/kubernetes/pkg/kubelet/client"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/go-logr/logr"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/resourcemetrics"
)

// kubelets reaches kubelets as the API server does. It reads the API server's own informers.
type kubelets struct {
	pods  corelisters.PodLister
	nodes kubeletclient.ConnectionInfoGetter
}

// serveMetrics has server, which is the Kubernetes API server behind the aggregator, answer
// metrics.k8s.io. The returned collector must run.
func serveMetrics(server *genericapiserver.GenericAPIServer, shared informers.SharedInformerFactory, to kubeletclient.KubeletClientConfig, log logr.Logger) (*resourcemetrics.Collector, error) {
	core := shared.Core().V1()
	pods, nodes := core.Pods().Lister(), core.Nodes().Lister()
	reach, err := kubeletclient.NewNodeConnectionInfoGetter(kubeletclient.NodeGetterFunc(
		func(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Node, error) {
			return nodes.Get(name)
		}), to)
	if err != nil {
		return nil, fmt.Errorf("connections to kubelets: %w", err)
	}
	collector := resourcemetrics.NewCollector(kubelets{pods, reach}, log)
	handler := resourcemetrics.NewHandler(collector, pods, nodes)
	server.Handler.NonGoRestfulMux.Handle(resourcemetrics.Path, handler)
	server.Handler.NonGoRestfulMux.HandlePrefix(resourcemetrics.Path+"/", handler)
	server.AggregatedDiscoveryGroupManager.AddGroupVersion(metrics.GroupName, discovered())
	return collector, nil
}

// discovered describes the group version to clients.
func discovered() apidiscoveryv2.APIVersionDiscovery {
	d := apidiscoveryv2.APIVersionDiscovery{Version: metrics.SchemeGroupVersion.Version, Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent}
	for _, r := range resourcemetrics.Resources() {
		scope := apidiscoveryv2.ScopeCluster
		if r.Namespaced {
			scope = apidiscoveryv2.ScopeNamespace
		}
		kind := metrics.SchemeGroupVersion.WithKind(r.Kind)
		d.Resources = append(d.Resources, apidiscoveryv2.APIResourceDiscovery{
			Resource: r.Name, SingularResource: r.SingularName, Scope: scope, Verbs: r.Verbs,
			ResponseKind: &metav1.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind},
		})
	}
	return d
}

// WithPods implements resourcemetrics.Kubelets.
func (k kubelets) WithPods() ([]string, error) {
	all, err := k.pods.List(labels.Everything())
	nodes := sets.New[string]()
	for _, pod := range all {
		if pod.Spec.NodeName != "" && pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed {
			nodes.Insert(pod.Spec.NodeName)
		}
	}
	return sets.List(nodes), err
}

// ResourceMetrics implements resourcemetrics.Kubelets.
func (k kubelets) ResourceMetrics(ctx context.Context, node string) (io.ReadCloser, error) {
	at, err := k.nodes.GetConnectionInfo(ctx, types.NodeName(node))
	if err != nil {
		return nil, err
	}
	target := url.URL{Scheme: at.Scheme, Host: net.JoinHostPort(at.Hostname, at.Port), Path: "/metrics/resource"}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := at.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", target.String(), answer.Status)
	}
	return answer.Body, nil
}

// registerMetrics makes the group known to the aggregator as one that the API server itself
// answers. It leaves an existing registration alone: a metrics server may be installed.
func registerMetrics(ctx context.Context, as *rest.Config) error {
	client, err := aggregator.NewForConfig(as)
	if err != nil {
		return err
	}
	version := metrics.SchemeGroupVersion
	_, err = client.ApiregistrationV1().APIServices().Create(ctx, &apiregistrationv1.APIService{
		ObjectMeta: metav1.ObjectMeta{Name: version.Version + "." + version.Group},
		Spec:       apiregistrationv1.APIServiceSpec{Group: version.Group, Version: version.Version, GroupPriorityMinimum: 100, VersionPriority: 100},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("registration of %s: %w", version, err)
	}
	return nil
}
