package httpapi

import (
	"net/http"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// writeTimeout bounds how long one write may wait for a reader that has stalled.
const writeTimeout = 30 * time.Second

// ServeStream writes the events of q as RecordIO until q ends or the client leaves.
// beat, if any, is written after the first event and then each interval.
func ServeStream(w http.ResponseWriter, r *http.Request, c Codec, q *Queue, beat proto.Message, interval time.Duration) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", c.ContentType)
	w.WriteHeader(http.StatusOK)
	var ticks <-chan time.Time
	if beat != nil {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		ticks = ticker.C
	}
	var buf []byte
	for first := true; ; {
		events, ending := q.take()
		if ending == Cut {
			panic(http.ErrAbortHandler)
		}
		if first && len(events) > 0 && ending == open && beat != nil {
			events = append([]proto.Message{events[0], beat}, events[1:]...)
			first = false
		}
		var err error
		if buf, err = appendRecords(buf[:0], c, events); err != nil {
			panic(http.ErrAbortHandler) // one of our messages cannot be encoded
		}
		if ending == Torn {
			buf = append(buf, "17\n\x08"...)
		}
		if len(buf) > 0 && write(w, out, buf) != nil {
			return
		}
		switch ending {
		case Closed:
			return
		case Torn:
			panic(http.ErrAbortHandler)
		}
		select {
		case <-q.wake:
		case <-ticks:
			q.Send(beat)
		case <-r.Context().Done():
			return
		}
	}
}

func write(w http.ResponseWriter, out *http.ResponseController, b []byte) error {
	if err := out.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	return out.Flush()
}

// appendRecords writes events in RecordIO framing.
func appendRecords(b []byte, c Codec, events []proto.Message) ([]byte, error) {
	for _, e := range events {
		m, err := c.Marshal(e)
		if err != nil {
			return b, err
		}
		b = recordio.Append(b, m)
	}
	return b, nil
}
