package peers

import "net/http"

// Guard returns a RoundTripper that lets what changes something pass only while
// this process surely leads.
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
				r.Body.Close() // as a RoundTripper must
			}
			return nil, err
		}
	}
	return g.RoundTripper.RoundTrip(r)
}
