package v1beta1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

// coreRoot is the path of core/v1 in the API server.
const coreRoot = "/api/v1"

// inner makes in-process requests to the API server.
type inner struct {
	api   http.Handler
	proto runtime.Serializer
	json  runtime.Serializer
}

const (
	protobufType = "application/vnd.kubernetes.protobuf"
	jsonType     = "application/json"
)

func newInner(api http.Handler) inner {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		panic(fmt.Sprintf("core/v1 does not fit into a new scheme: %v", err)) // cannot happen: the scheme is empty
	}
	return inner{
		api:   api,
		proto: protobuf.NewSerializer(scheme, scheme),
		json:  jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, scheme, scheme, jsonserializer.SerializerOptions{}),
	}
}

// innerError is a refusal by the API server.
type innerError struct{ status metav1.Status }

func (e *innerError) Error() string { return e.status.Message }

func innerReason(err error) metav1.StatusReason {
	var e *innerError
	if errors.As(err, &e) {
		return e.status.Reason
	}
	return ""
}

// request builds a request on behalf of a client's request, with the same rights: the
// user is in the context, and impersonation in headers.
func (in inner) request(client *http.Request, method, path string, query url.Values, body []byte) *http.Request {
	r := &http.Request{
		Method: method,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Accept": {protobufType + "," + jsonType}, "User-Agent": client.Header["User-Agent"]},
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
		r.Header.Set("Content-Type", protobufType)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.WithContext(client.Context())
}

// address directs a request to a path in core, whose segments at has joined. Paths
// are escaped only here.
func address(r *http.Request, path, rawQuery string) {
	r.URL = &url.URL{Path: path, RawQuery: rawQuery}
	r.RequestURI = r.URL.RequestURI()
}

// do makes one request and returns the object in the answer. body may be nil.
func (in inner) do(client *http.Request, method, path string, query url.Values, body runtime.Object) (runtime.Object, error) {
	var content []byte
	if body != nil {
		var buf bytes.Buffer
		if err := in.proto.Encode(body, &buf); err != nil {
			return nil, fmt.Errorf("encode %T for core/v1: %w", body, err)
		}
		content = buf.Bytes()
	}
	rec := recorder{header: http.Header{}}
	in.api.ServeHTTP(&rec, in.request(client, method, path, query, content))
	return in.answer(client.Context(), &rec)
}

// answer reads a recorded response.
func (in inner) answer(ctx context.Context, rec *recorder) (runtime.Object, error) {
	if rec.code == 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rec.code = http.StatusOK
	}
	obj, err := in.decode(rec.header.Get("Content-Type"), rec.body.Bytes())
	switch s, isStatus := obj.(*metav1.Status); {
	case err == nil && isStatus && s.Status == metav1.StatusFailure:
		return nil, &innerError{*s}
	case rec.code >= 400:
		return nil, &innerError{metav1.Status{
			Status: metav1.StatusFailure, Code: int32(rec.code), Message: strings.TrimSpace(rec.body.String()),
			Reason: metav1.StatusReasonInternalError,
		}}
	case err != nil:
		return nil, fmt.Errorf("read the API server's answer (%d): %w", rec.code, err)
	}
	return obj, nil
}

func (in inner) decode(contentType string, body []byte) (runtime.Object, error) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	s := in.json
	if mediaType == protobufType {
		s = in.proto
	}
	obj, _, err := s.Decode(body, nil, nil)
	return obj, err
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
