package mesos

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	mediaType     = "application/x-protobuf"
	dialTimeout   = 10 * time.Second
	answerTimeout = 30 * time.Second // for the head of an answer
)

// A Dialer connects to address, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A transport speaks HTTP with a master or agent. The event stream has a connection to
// itself; calls use another one, which is kept open so that they arrive in the order
// in which they are sent; pipelined calls use a third.
type transport struct {
	stream, calls *http.Client
	pipeline      pipeline
	authorization string       // header, or ""
	permit        func() error // called before each request; may be nil
}

func newTransport(dial Dialer, config *tls.Config, authorization string) *transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &transport{
		stream: client(dial, config), calls: client(dial, config), pipeline: pipeline{dial: dial, config: config},
		authorization: authorization,
	}
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
		// We follow redirects ourselves: net/http would drop the credentials.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// close closes idle connections; the next request opens new ones.
func (t *transport) close() {
	t.stream.CloseIdleConnections()
	t.calls.CloseIdleConnections()
	t.pipeline.close()
}

// post sends one message. The stream id is "" if there is none.
func (t *transport) post(ctx context.Context, c *http.Client, to *url.URL, streamID string, message []byte) (*http.Response, error) {
	req, err := t.request(ctx, to, streamID, message)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // the callers name the address
	}
	return resp, explainTLS(err)
}

// request makes the request, if it may be sent not.
func (t *transport) request(ctx context.Context, to *url.URL, streamID string, message []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Accept", mediaType)
	if t.authorization != "" {
		req.Header.Set("Authorization", t.authorization)
	}
	if streamID != "" {
		req.Header.Set("Mesos-Stream-Id", streamID)
	}
	if t.permit != nil {
		if err := t.permit(); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// send posts one call, whose answer must be 202; any other is a *statusError.
func (t *transport) send(ctx context.Context, to *url.URL, streamID string, call []byte) error {
	resp, err := t.post(ctx, t.calls, to, streamID, call)
	if err != nil {
		return err
	}
	return accepted(to, resp)
}

// sendAll pipelines idempotent calls. Once all have been answered, it returns the first
// answer that is not 202.
func (t *transport) sendAll(ctx context.Context, to *url.URL, streamID string, calls [][]byte) (refused error) {
	requests := make([]*http.Request, len(calls))
	for i, call := range calls {
		var err error
		if requests[i], err = t.request(ctx, to, streamID, call); err != nil {
			return err
		}
	}
	err := t.pipeline.send(ctx, to, requests, func(resp *http.Response) {
		if err := accepted(to, resp); refused == nil {
			refused = err
		}
	})
	if err != nil {
		return explainTLS(err)
	}
	return refused
}

func accepted(by *url.URL, resp *http.Response) error {
	text := text(resp)
	if resp.StatusCode != http.StatusAccepted {
		return &statusError{by: by.Host, status: resp.StatusCode, text: text}
	}
	return nil
}
