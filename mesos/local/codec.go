package local

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
)

// maxCall bounds the body of a call. An ACCEPT of a thousand tasks is 2 MB.
const maxCall = 64 << 20

const (
	typeProtobuf = "application/x-protobuf"
	typeJSON     = "application/json"
)

// codec is one of the two encodings of a message.
type codec struct {
	contentType string
	marshal     func(proto.Message) ([]byte, error)
	unmarshal   func([]byte, proto.Message) error
}

func codecOf(contentType string) (codec, bool) {
	switch contentType {
	case typeProtobuf:
		return codec{typeProtobuf, proto.Marshal, proto.Unmarshal}, true
	case typeJSON:
		return codec{typeJSON, marshalJSON, unmarshalJSON}, true
	}
	return codec{}, false
}

func marshalJSON(m proto.Message) ([]byte, error) {
	var b bytes.Buffer
	err := (&jsonpb.Marshaler{OrigName: true}).Marshal(&b, m)
	return b.Bytes(), err
}

func unmarshalJSON(b []byte, m proto.Message) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if err := (&jsonpb.Unmarshaler{AllowUnknownFields: true}).UnmarshalNext(d, m); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("trailing characters after the JSON object")
	}
	return nil
}

// failure is an answer that refuses a request.
type failure struct {
	status int
	text   string
}

func fail(status int, format string, args ...any) *failure {
	return &failure{status, fmt.Sprintf(format, args...)}
}

func (f *failure) write(w http.ResponseWriter) { http.Error(w, f.text, f.status) }

// readCall reads the single message of a request into call. Masters and agents
// compare the Content-Type exactly.
func readCall(r *http.Request, call proto.Message) *failure {
	if r.Method != http.MethodPost {
		return fail(http.StatusMethodNotAllowed, "405 Method Not Allowed. Expecting one of { 'POST' }, but received '%s'.", r.Method)
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return fail(http.StatusBadRequest, "Expecting 'Content-Type' to be present")
	}
	c, ok := codecOf(contentType)
	if !ok {
		return fail(http.StatusUnsupportedMediaType, "Expecting 'Content-Type' of %s or %s", typeJSON, typeProtobuf)
	}
	body, err := readBody(r)
	if err != nil {
		return fail(http.StatusBadRequest, "Failed to read body: %v", err)
	}
	if err := c.unmarshal(body, call); err != nil {
		return fail(http.StatusBadRequest, "Failed to parse body into Call protobuf: %v", err)
	}
	return nil
}

func readBody(r *http.Request) ([]byte, error) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		in = z
	}
	b, err := io.ReadAll(io.LimitReader(in, maxCall+1))
	if err == nil && len(b) > maxCall {
		err = fmt.Errorf("a call may have at most %d bytes", maxCall)
	}
	return b, err
}

// streamCodec picks the encoding of a stream's events: JSON if it is acceptable, as
// real ones do, whatever the type of the call.
func streamCodec(r *http.Request) (codec, *failure) {
	accept := r.Header.Values("Accept")
	all := strings.Join(accept, ",")
	wants := func(t string) bool {
		for _, item := range strings.Split(all, ",") {
			item, _, _ = strings.Cut(item, ";")
			item = strings.TrimSpace(item)
			if item == t || item == "*/*" || item == "application/*" {
				return true
			}
		}
		return false
	}
	for _, t := range []string{typeJSON, typeProtobuf} {
		if len(accept) == 0 || wants(t) {
			c, _ := codecOf(t)
			return c, nil
		}
	}
	return codec{}, fail(http.StatusNotAcceptable, "Expecting 'Accept' to allow '%s' or '%s'", typeProtobuf, typeJSON)
}
