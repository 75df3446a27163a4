package leaderelection

import "net/http"

// Guard returns a RoundTripper that passes modifying requests only while this process
// certainly leads.
func (e *Elector) Guard(next http.RoundTripper) http.RoundTripper {
	if e.etcd == nil {
		return next
	}
	return guard{next, e.Check}
}

type guard struct {
	http.RoundTripper
	check func() error
}

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := g.check(); err != nil {
			if r.Body != nil {
				r.Body.Close() // required of a RoundTripper
			}
			return nil, err
		}
	}
	return g.RoundTripper.RoundTrip(r)
}
