package backend

import (
	"bytes"
	"context"
	"fmt"
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

// The media types of requests and answers.
const (
	ProtobufType = "application/vnd.kubernetes.protobuf"
	JSONType     = "application/json"
)

// Client makes requests to an API server. It keeps no state.
type Client struct {
	api   http.Handler
	proto runtime.Serializer
	json  runtime.Serializer
}

// New returns a client of the server that api leads to.
func New(api http.Handler) *Client {
	return &Client{
		api:   api,
		proto: protobuf.NewSerializer(scheme, scheme),
		json:  jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, scheme, scheme, jsonserializer.SerializerOptions{}),
	}
}

var scheme = newScheme()

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	if err := corev1.AddToScheme(s); err != nil {
		panic(fmt.Sprintf("core/v1 does not fit into a new scheme: %v", err)) // cannot happen: the scheme is empty
	}
	return s
}

// NewObject returns an empty object of core/v1.
func NewObject(kind string) (runtime.Object, error) {
	return scheme.New(corev1.SchemeGroupVersion.WithKind(kind))
}

// Do makes one request on behalf of client's, and returns the object in the answer.
// body may be nil; its kind and apiVersion must be set.
func (c *Client) Do(client *http.Request, method, path string, query url.Values, body runtime.Object) (runtime.Object, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = c.Encode(body); err != nil {
			return nil, fmt.Errorf("encode %T for core/v1: %w", body, err)
		}
	}
	rec := recorder{header: http.Header{}}
	c.api.ServeHTTP(&rec, request(client, method, path, query, content))
	return c.answer(client.Context(), &rec)
}

// GetJSON returns the code and the body of the answer to a GET that asks for JSON.
func (c *Client) GetJSON(client *http.Request, path string) (code int, body []byte) {
	r := request(client, http.MethodGet, path, nil, nil)
	r.Header.Set("Accept", JSONType)
	rec := recorder{header: http.Header{}}
	c.api.ServeHTTP(&rec, r)
	return rec.code, rec.body.Bytes()
}

// Forward has the server answer client's request as if it had been for another path
// and query.
func (c *Client) Forward(w http.ResponseWriter, client *http.Request, path, rawQuery string) {
	r := client.Clone(client.Context())
	address(r, path, rawQuery)
	c.api.ServeHTTP(w, r)
}

// answer reads a recorded response.
func (c *Client) answer(ctx context.Context, rec *recorder) (runtime.Object, error) {
	if rec.code == 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rec.code = http.StatusOK
	}
	obj, err := c.Decode(rec.header.Get("Content-Type"), rec.body.Bytes())
	switch s, isStatus := obj.(*metav1.Status); {
	case err == nil && isStatus && s.Status == metav1.StatusFailure:
		return nil, &Error{*s}
	case rec.code >= 400:
		return nil, &Error{metav1.Status{
			Status: metav1.StatusFailure, Code: int32(rec.code), Message: strings.TrimSpace(rec.body.String()),
			Reason: metav1.StatusReasonInternalError,
		}}
	case err != nil:
		return nil, fmt.Errorf("read the API server's answer (%d): %w", rec.code, err)
	}
	return obj, nil
}

// Encode returns an object as protobuf.
func (c *Client) Encode(o runtime.Object) ([]byte, error) {
	var b bytes.Buffer
	err := c.proto.Encode(o, &b)
	return b.Bytes(), err
}

// Decode reads an object of core/v1, or a Status, in either media type.
func (c *Client) Decode(contentType string, body []byte) (runtime.Object, error) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	s := c.json
	if mediaType == ProtobufType {
		s = c.proto
	}
	obj, _, err := s.Decode(body, nil, nil)
	return obj, err
}
