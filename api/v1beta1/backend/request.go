package backend

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// request builds a request on behalf of a client's request, with the same rights: the
// user is in the context, and impersonation in headers.
func request(client *http.Request, method, path string, query url.Values, body []byte) *http.Request {
	r := &http.Request{
		Method: method,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Accept": {ProtobufType + "," + JSONType}, "User-Agent": client.Header["User-Agent"]},
		Host:          client.Host,
		RemoteAddr:    client.RemoteAddr,
		Body:          http.NoBody,
		ContentLength: int64(len(body)),
	}
	address(r, path, query.Encode())
	for name, values := range client.Header {
		if strings.HasPrefix(name, "Impersonate-") {
			r.Header[name] = values
		}
	}
	if body != nil {
		r.Header.Set("Content-Type", ProtobufType)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.WithContext(client.Context())
}

// address directs a request to a path, whose segments the caller has joined. Paths are
// escaped only here.
func address(r *http.Request, path, rawQuery string) {
	r.URL = &url.URL{Path: path, RawQuery: rawQuery}
	r.RequestURI = r.URL.RequestURI()
}

// recorder is a ResponseWriter that records the whole answer.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= 200 {
		r.code = code
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
