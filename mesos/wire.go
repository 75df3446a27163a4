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

// A wire speaks HTTP with a master or agent. The event stream has a connection to
// itself; calls use another one, which is kept open so that they arrive in the order
// in which they are sent; bursts of calls use a third.
type wire struct {
	stream, calls *http.Client
	burst         burst
	authorization string       // header, or ""
	permit        func() error // called before each request; may be nil
}

func newWire(dial Dialer, config *tls.Config, authorization string) *wire {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &wire{
		stream: client(dial, config), calls: client(dial, config), burst: burst{dial: dial, config: config},
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
func (w *wire) close() {
	w.stream.CloseIdleConnections()
	w.calls.CloseIdleConnections()
	w.burst.close()
}

// post sends one message. The stream id is "" if there is none.
func (w *wire) post(ctx context.Context, c *http.Client, to *url.URL, streamID string, message []byte) (*http.Response, error) {
	req, err := w.request(ctx, to, streamID, message)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // the callers name the address
	}
	return resp, explainTLS(err)
}

// request makes the request, if it may be sent now.
func (w *wire) request(ctx context.Context, to *url.URL, streamID string, message []byte) (*http.Request, error) {
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
	if w.permit != nil {
		if err := w.permit(); err != nil {
			return nil, err
		}
	}
	return req, nil
}

// send posts one call, whose answer must be 202; any other is a *statusError.
func (w *wire) send(ctx context.Context, to *url.URL, streamID string, call []byte) error {
	resp, err := w.post(ctx, w.calls, to, streamID, call)
	if err != nil {
		return err
	}
	return accepted(to, resp)
}

// sendAll posts calls that may be sent twice, in one burst. Once all have been
// answered, it returns the first answer that is not 202.
func (w *wire) sendAll(ctx context.Context, to *url.URL, streamID string, calls [][]byte) (refused error) {
	requests := make([]*http.Request, len(calls))
	for i, call := range calls {
		var err error
		if requests[i], err = w.request(ctx, to, streamID, call); err != nil {
			return err
		}
	}
	err := w.burst.send(ctx, to, requests, func(resp *http.Response) {
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
