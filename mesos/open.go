package mesos

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// maxHops bounds the redirects of one subscription: while an election is under
// way two masters may name each other.
const maxHops = 5

// open posts a SUBSCRIBE to a master or agent, follows redirects, and returns the
// answer, which is a stream, and the URL that gave it.
func (t *transport) open(ctx context.Context, to *url.URL, subscribe []byte) (*http.Response, *url.URL, error) {
	for hop := range maxHops {
		resp, err := t.post(ctx, t.stream, to, "", subscribe)
		if err != nil && hop > 0 {
			return nil, nil, fmt.Errorf("it names %s as the leader: %w", to.Host, err)
		}
		if err != nil {
			return nil, nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			return resp, to, nil
		case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			text(resp)
			if to, err = leader(to, resp.Header.Get("Location")); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, &statusError{by: to.Host, status: resp.StatusCode, text: text(resp)}
		}
	}
	return nil, nil, fmt.Errorf("more than %d redirects, the last to %s: the masters have not agreed on a leader", maxHops, to.Host)
}

// leader resolves the Location of a redirect, which has no scheme of its own in
// any release of Mesos: `//host:port/master/api/v1/scheduler`.
func leader(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, fmt.Errorf("%s redirects to %q, which is not an address", from.Host, location)
	}
	if to.Scheme != from.Scheme {
		return nil, fmt.Errorf("%s redirects from %s to %s: refused, as it would show our credentials", from.Host, from.Scheme, to.Redacted())
	}
	if to.Path == "" || to.Path == "/" {
		to.Path, to.RawPath = from.Path, from.RawPath
	}
	return to, nil
}
