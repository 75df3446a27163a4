package controlplane

import (
	"context"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
)

// localUser is the API server's name for a caller on the local port.
const localUser = "kubernetes-mesos:local-port"

type localKey struct{}

// markLocal passes requests to api as localUser's. The mark is in the request's
// context, where no request from the network can put it.
func markLocal(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), localKey{}, true)))
	})
}

// authenticateLocal authenticates requests marked by markLocal as localUser, with all rights, and
// passes every other request to next.
func authenticateLocal(next authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		if r.Context().Value(localKey{}) == nil {
			return next.AuthenticateRequest(r)
		}
		return &authenticator.Response{User: &user.DefaultInfo{
			Name:   localUser,
			Groups: []string{user.SystemPrivilegedGroup, user.AllAuthenticated},
		}}, true, nil
	})
}
