package httpapi

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"

	"github.com/gogo/protobuf/proto"
)

// maxCall bounds the body of a call. An ACCEPT of a thousand tasks is 2 MB.
const maxCall = 64 << 20

// ReadCall reads the single message of a request into call. Masters and agents
// compare the Content-Type exactly.
func ReadCall(r *http.Request, call proto.Message) *Refusal {
	if r.Method != http.MethodPost {
		return Refuse(http.StatusMethodNotAllowed, "405 Method Not Allowed. Expecting one of { 'POST' }, but received '%s'.", r.Method)
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return Refuse(http.StatusBadRequest, "Expecting 'Content-Type' to be present")
	}
	c, ok := codecOf(contentType)
	if !ok {
		return Refuse(http.StatusUnsupportedMediaType, "Expecting 'Content-Type' of %s or %s", JSON, Protobuf)
	}
	body, err := readBody(r)
	if err != nil {
		return Refuse(http.StatusBadRequest, "Failed to read body: %v", err)
	}
	if err := c.Unmarshal(body, call); err != nil {
		return Refuse(http.StatusBadRequest, "Failed to parse body into Call protobuf: %v", err)
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
