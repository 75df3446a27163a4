package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"
)

// The media types of messages.
const (
	Protobuf = "application/x-protobuf"
	JSON     = "application/json"
)

// A Codec is one of the two encodings of a message.
type Codec struct {
	ContentType string
	Marshal     func(proto.Message) ([]byte, error)
	Unmarshal   func([]byte, proto.Message) error
}

func codecOf(contentType string) (Codec, bool) {
	switch contentType {
	case Protobuf:
		return Codec{Protobuf, proto.Marshal, proto.Unmarshal}, true
	case JSON:
		return Codec{JSON, marshalJSON, unmarshalJSON}, true
	}
	return Codec{}, false
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

// AnswerCodec picks the encoding of an answer or a stream's events: JSON if it is
// acceptable, as real masters and agents do, whatever the type of the call.
func AnswerCodec(r *http.Request) (Codec, *Refusal) {
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
	for _, t := range []string{JSON, Protobuf} {
		if len(accept) == 0 || wants(t) {
			c, _ := codecOf(t)
			return c, nil
		}
	}
	return Codec{}, Refuse(http.StatusNotAcceptable, "Expecting 'Accept' to allow '%s' or '%s'", Protobuf, JSON)
}

// WriteMessage answers with one message.
func WriteMessage(w http.ResponseWriter, c Codec, message proto.Message) {
	b, err := c.Marshal(message)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", c.ContentType)
	w.Write(b)
}
