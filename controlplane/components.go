package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/handlers"
	genericrequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/server/storage"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/probe"
	"k8s.io/kubernetes/pkg/registry/core/componentstatus"
)

// componentPatience is how long a component may take to report its health.
const componentPatience = 5 * time.Second

// component reports the health of a part of the control plane, or what is wrong with it.
type component func(context.Context) (string, error)

// DoServerCheck asks the component; it implements componentstatus.Server.
func (f component) DoServerCheck() (probe.Result, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), componentPatience)
	defer cancel()
	says, err := f(ctx)
	if err != nil {
		return probe.Failure, "", err
	}
	return probe.Success, says, nil
}

// ShowScheduler makes componentstatuses show the health of this process's scheduler:
// health returns what is wrong with it, or nil.
func (c *ControlPlane) ShowScheduler(health func(context.Context) error) { c.scheduler.Store(&health) }

// components returns the parts other than etcd that componentstatuses shows.
// Controllers that are switched off are left out.
func (c *ControlPlane) components() map[string]component {
	all := map[string]component{"scheduler": c.ofLeader(func(ctx context.Context) error {
		health := c.scheduler.Load()
		if health == nil {
			return errors.New("it has not started yet")
		}
		return (*health)(ctx)
	})}
	if len(c.config.choice.names) > 0 {
		all["controller-manager"] = c.ofLeader(func(context.Context) error {
			if !c.controlling.Load() {
				return errors.New("it does not run: the log of framework_runner tells why, unless it has just started")
			}
			return nil
		})
	}
	return all
}

// ofLeader returns a component that runs, and is asked, only in the leader.
func (c *ControlPlane) ofLeader(health func(context.Context) error) component {
	return func(ctx context.Context) (string, error) {
		select {
		case <-c.elector.Leading():
			return "ok", health(ctx)
		default:
		}
		leader, err := c.elector.Leader(ctx)
		if err == nil && leader == "" {
			err = errors.New("no framework_runner leads")
		}
		return "it runs in the leader, " + leader, err
	}
}

// withComponents answers requests for componentstatuses from components and etcd. The
// API server's own answer would probe ports on which other programs may listen.
func withComponents(next http.Handler, components map[string]component, etcd storage.StorageFactory) http.Handler {
	store := componentstatus.NewStorage(func() map[string]componentstatus.Server {
		servers := map[string]componentstatus.Server{}
		for name, c := range components {
			servers[name] = c
		}
		for i, config := range etcd.Configs() {
			servers[fmt.Sprintf("etcd-%d", i)] = &componentstatus.EtcdServer{Config: config}
		}
		return servers
	})
	scope := &handlers.RequestScope{
		Namer:            handlers.ContextBasedNaming{Namer: runtime.Namer(meta.NewAccessor()), ClusterScoped: true},
		Serializer:       legacyscheme.Codecs,
		ParameterCodec:   legacyscheme.ParameterCodec,
		Creater:          legacyscheme.Scheme,
		Convertor:        legacyscheme.Scheme,
		Defaulter:        legacyscheme.Scheme,
		Typer:            legacyscheme.Scheme,
		UnsafeConvertor:  runtime.UnsafeObjectConvertor(legacyscheme.Scheme),
		TableConvertor:   store,
		Resource:         corev1.SchemeGroupVersion.WithResource("componentstatuses"),
		Kind:             corev1.SchemeGroupVersion.WithKind("ComponentStatus"),
		MetaGroupVersion: metav1.SchemeGroupVersion,
	}
	scope.HubGroupVersion.Version = runtime.APIVersionInternal
	answers := map[string]http.HandlerFunc{
		"get": handlers.GetResource(store, scope), "list": handlers.ListResource(store, nil, scope, false, 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, ok := genericrequest.RequestInfoFrom(r.Context())
		if ok && info.APIGroup == "" && info.APIVersion == "v1" && info.Resource == "componentstatuses" && answers[info.Verb] != nil {
			answers[info.Verb](w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
