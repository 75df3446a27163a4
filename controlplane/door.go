package controlplane

import (
	"context"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/filters"

	"github.com/kubernetes-mesos/kubernetes-mesos/controlplane/localport"
)

// judgement is the answer of the API server's authenticator about a request.
type judgement struct {
	response *authenticator.Response
	ok       bool
	err      error
}

type judgementKey struct{}

// judged gives a request the judgement that its context carries, and leaves every
// other to next. Nothing that comes over a wire can put one there.
func judged(next authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		if j, ok := r.Context().Value(judgementKey{}).(judgement); ok {
			return j.response, j.ok, j.err
		}
		return next.AuthenticateRequest(r)
	})
}

// behindDoor has the door stand in front of config's API server: it is shown the
// requests of those who are known, and what it asks on their behalf is judged and
// authorized as theirs. A stranger's request passes by it, to be refused. No
// caller's body may come slowly.
func behindDoor(config *genericapiserver.Config, door func(http.Handler) http.Handler) {
	config.Authentication.Authenticator = judged(config.Authentication.Authenticator)
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(api http.Handler, c *genericapiserver.Config) http.Handler {
		chain := build(api, c)
		auth := c.Authentication // with what completing the configuration has added
		front := filters.WithPanicRecovery(door(chain), c.RequestInfoResolver)
		return localport.Bodies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		}))
	}
}
