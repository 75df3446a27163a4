package controlplane

import (
	"context"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/filters"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/ui"
)

// judgement is the result of the API server's authenticator for a request.
type judgement struct {
	response *authenticator.Response
	ok       bool
	err      error
}

type judgementKey struct{}

// judged authenticates a request by the judgement in its context, and passes every
// other request to next. No request from the network can carry one.
func judged(next authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		if j, ok := r.Context().Value(judgementKey{}).(judgement); ok {
			return j.response, j.ok, j.err
		}
		return next.AuthenticateRequest(r)
	})
}

// behindDoor puts the door in front of config's API server: it gets the requests of
// authenticated callers, and what it requests on their behalf is authenticated and
// authorized as theirs. An unauthenticated request bypasses it, to be refused, unless it
// is for the web pages, which everybody may have. No caller may send its body slowly.
func behindDoor(config *genericapiserver.Config, door func(http.Handler) http.Handler) {
	config.Authentication.Authenticator = judged(config.Authentication.Authenticator)
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		chain := build(api, c)
		auth := c.Authentication // including what completing the configuration has added
		front := filters.WithPanicRecovery(door(chain), c.RequestInfoResolver)
		return localport.Bodies(ui.InFrontOf(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			if len(auth.APIAudiences) > 0 {
				ctx = authenticator.WithAudiences(ctx, auth.APIAudiences)
			}
			r = r.WithContext(ctx)
			var j judgement
			j.response, j.ok, j.err = auth.Authenticator.AuthenticateRequest(r)
			r = r.WithContext(context.WithValue(ctx, judgementKey{}, j))
			if j.ok && j.err == nil {
				front.ServeHTTP(w, r)
				return
			}
			chain.ServeHTTP(w, r)
		})))
	}
}
