package peers

import "net/http"

// Guard returns a RoundTripper that passes modifying requests only while this process
// certainly leads.
func (p *Peer) Guard(next http.RoundTripper) http.RoundTripper {
	if p.etcd == nil {
		return next
	}
	return guard{next, p.Check}
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
