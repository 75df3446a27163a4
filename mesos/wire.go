package mesos

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	mediaType = "application/x-protobuf"

	dialTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second // for the head of an answer

	// maxHops bounds the redirects of one subscription: while an election is
	// under way two masters may name each other.
	maxHops = 5

	// maxText bounds what is read of an answer that is not a stream.
	maxText = 4 << 10
)

// A Dialer connects to address, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A wire speaks HTTP with a master or agent. The stream of events takes a
// connection for itself; calls go over another one, which is kept open, so that
// they arrive in the order in which they are sent.
type wire struct {
	stream, calls *http.Client
	authorization string // header, or ""
}

func newWire(dial Dialer, config *tls.Config, authorization string) *wire {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &wire{stream: client(dial, config), calls: client(dial, config), authorization: authorization}
}

func client(dial Dialer, config *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           dial,
			TLSClientConfig:       config,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: answerTimeout,
			DisableCompression:    true,
		},
		// A redirect is followed by us: net/http would drop the credentials.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// close closes idle connections; the next request makes new ones.
func (w *wire) close() {
	w.stream.CloseIdleConnections()
	w.calls.CloseIdleConnections()
}

// post sends one message. The stream id is "" where there is none.
func (w *wire) post(ctx context.Context, c *http.Client, to *url.URL, streamID string, message []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Accept", mediaType)
	if w.authorization != "" {
		req.Header.Set("Authorization", w.authorization)
	}
	if streamID != "" {
		req.Header.Set("Mesos-Stream-Id", streamID)
	}
	resp, err := c.Do(req)
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // the callers name the address
	}
	return resp, err
}

// send posts one call, whose answer must be 202; any other is a *statusError.
func (w *wire) send(ctx context.Context, to *url.URL, streamID string, call []byte) error {
	resp, err := w.post(ctx, w.calls, to, streamID, call)
	if err != nil {
		return err
	}
	text := text(resp)
	if resp.StatusCode != http.StatusAccepted {
		return &statusError{by: to.Host, status: resp.StatusCode, text: text}
	}
	return nil
}

// open posts a SUBSCRIBE to a master or agent, or where that redirects to, and
// returns the answer, which is a stream, and who gave it.
func (w *wire) open(ctx context.Context, to *url.URL, subscribe []byte) (*http.Response, *url.URL, error) {
	for hop := range maxHops {
		resp, err := w.post(ctx, w.stream, to, "", subscribe)
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
		return nil, fmt.Errorf("%s redirects to %q, which is no address", from.Host, location)
	}
	if to.Scheme != from.Scheme {
		return nil, fmt.Errorf("%s redirects from %s to %s: refused, as it would show our credentials", from.Host, from.Scheme, to.Redacted())
	}
	if to.Path == "" || to.Path == "/" {
		to.Path, to.RawPath = from.Path, from.RawPath
	}
	return to, nil
}

// text reads and closes the body of an answer that is not a stream, so that its
// connection can be used again. It takes no longer than the head may take.
func text(resp *http.Response) string {
	defer resp.Body.Close()
	defer time.AfterFunc(answerTimeout, func() { resp.Body.Close() }).Stop()
	b, _ := io.ReadAll(io.LimitReader(resp.Body, maxText)) // an answer cut short is an answer
	return strings.TrimSpace(string(b))
}

// A statusError is an answer with a status that was not hoped for.
type statusError struct {
	by     string
	status int
	text   string
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s answers %s %s", e.by, httpStatus(e.status), e.text))
}

// retry says whether the same SUBSCRIBE may succeed later: 503 comes from
// masters and agents that recover, 404 from those that have just started
// (src/scheduler/scheduler.cpp and src/executor/executor.cpp of Mesos).
func (e *statusError) retry() bool {
	switch e.status {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return e.status < 400 || e.status >= 500
}

// rejected returns the error that ends Run, or nil where err may pass.
func rejected(err error) error {
	if e := (*statusError)(nil); errors.As(err, &e) && !e.retry() {
		return &RejectedError{By: e.by, Status: e.status, Message: e.text}
	}
	return nil
}
