package backend

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
)

// tape records what a watch says, and fails where told to.
type tape struct {
	said []string
	fail string
}

func (s *tape) say(text string) error {
	s.said = append(s.said, text)
	if s.fail != "" && strings.HasPrefix(text, s.fail) {
		return errors.New("failed: " + text)
	}
	return nil
}

func (s *tape) Begin() error           { return s.say("begin") }
func (s *tape) Event(raw []byte) error { return s.say("event " + string(raw)) }
func (s *tape) Flush() error           { return s.say("flush") }

// watching returns a server whose watch is what serve writes.
func watching(serve func(w http.ResponseWriter, r *http.Request)) *Client {
	return New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", ProtobufType+";stream=watch")
		serve(w, r)
	}))
}

// framed returns text with its length in front.
func framed(text string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
}

func TestWatch(t *testing.T) {
	t.Parallel()
	var got *http.Request
	api := watching(func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusOK) // the second one does not count
		w.(http.Flusher).Flush()
		w.Write(slices.Concat(framed("a"), framed("bc")))
		w.(http.Flusher).Flush()
	})
	var sink tape
	if err := api.Watch(client(t), Root+"/pods", map[string][]string{"watch": {"true"}}, &sink); err != nil {
		t.Fatal(err)
	}
	if want := []string{"begin", "flush", "event a", "event bc", "flush"}; !slices.Equal(sink.said, want) {
		t.Errorf("%q, want %q", sink.said, want)
	}
	if accept := got.Header.Get("Accept"); accept != ProtobufType+";stream=watch" || got.RequestURI != "/api/v1/pods?watch=true" {
		t.Errorf("asked for %s with %s", got.RequestURI, accept)
	}
	if got.Context().Err() == nil {
		t.Error("the request goes on after the watch")
	}
}

// Wherever the sink fails, the watch ends at once, and only a failure to begin is an
// error.
func TestSinkFails(t *testing.T) {
	t.Parallel()
	for fail, want := range map[string][]string{
		"begin":   {"begin"},
		"flush":   {"begin", "flush"},
		"event b": {"begin", "flush", "event a", "event b"},
	} {
		t.Run(fail, func(t *testing.T) {
			t.Parallel()
			api := watching(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusOK)
				w.(http.Flusher).Flush()
				w.Write(slices.Concat(framed("a"), framed("b"), framed("c")))
				w.(http.Flusher).Flush()
				<-r.Context().Done() // the server waits for more events
			})
			sink := tape{fail: fail}
			err := api.Watch(client(t), Root+"/pods", nil, &sink)
			if !slices.Equal(sink.said, want) {
				t.Errorf("%q, want %q", sink.said, want)
			}
			if (err != nil) != (fail == "begin") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A watch that does not begin is an error that says why.
func TestWatchDoesNotBegin(t *testing.T) {
	t.Parallel()
	gone := refusal(t, apierrors.NewResourceExpired("too old"))
	for name, c := range map[string]struct {
		api    *Client
		reason metav1.StatusReason
		text   string
	}{
		"refusal":      {New(answering(http.StatusGone, ProtobufType, gone)), metav1.StatusReasonExpired, "too old"},
		"no answer":    {New(answering(0, "", nil)), "", "the API server ended the watch without an answer"},
		"another type": {New(answering(200, JSONType, nil)), "", `the API server's watch is of type "application/json"`},
		"redirect":     {New(answering(http.StatusFound, ProtobufType, encode(t, pod("p")))), "", "the API server answered a watch with code 302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sink tape
			err := c.api.Watch(client(t), Root+"/pods", nil, &sink)
			if err == nil || !strings.HasPrefix(err.Error(), c.text) || strings.Contains(err.Error(), "%!") || Reason(err) != c.reason {
				t.Errorf("%v with reason %q, want %q", err, Reason(err), c.text)
			}
			if len(sink.said) != 0 {
				t.Errorf("the client was told %q", sink.said)
			}
		})
	}
}

// The client's context ends the request to the server.
func TestWatchEndsWithClient(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	api := watching(func(w http.ResponseWriter, r *http.Request) {
		noticed := w.(http.CloseNotifier).CloseNotify() //nolint:staticcheck // the API server uses it
		cancel()
		<-r.Context().Done()
		<-noticed
	})
	if err := api.Watch(client(t).WithContext(ctx), Root+"/pods", nil, &tape{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// In whatever pieces the bytes arrive, the events are the same.
func TestPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want, got []string
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			text := strings.Repeat("x", rapid.IntRange(1, 9).Draw(t, "size")) + fmt.Sprint(len(want))
			want = append(want, text)
			stream = append(stream, framed(text)...)
		}
		var s splitter
		for len(stream) > 0 {
			n := rapid.IntRange(1, min(len(stream), 7)).Draw(t, "piece")
			piece := slices.Clone(stream[:n])
			if err := s.write(piece, func(b []byte) error { got = append(got, string(b)); return nil }); err != nil {
				t.Fatal(err)
			}
			clear(piece) // the writer may use the memory again
			stream = stream[n:]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// A length that cannot be true ends the watch before memory is used for it.
func TestEventTooLong(t *testing.T) {
	t.Parallel()
	var s splitter
	none := func([]byte) error { return errors.New("an event") }
	if err := s.write(binary.BigEndian.AppendUint32(nil, maxEvent), none); err != nil {
		t.Errorf("the longest: %v", err)
	}
	s = splitter{}
	if err := s.write(binary.BigEndian.AppendUint32(nil, maxEvent+1), none); err == nil || !strings.Contains(err.Error(), "16777217") {
		t.Errorf("longer: %v", err)
	}
}

func TestEventIsDecoded(t *testing.T) {
	t.Parallel()
	raw, err := (&metav1.WatchEvent{Type: "ADDED", Object: runtime.RawExtension{Raw: encode(t, pod("p"))}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	kind, o, err := New(nil).Event(raw)
	if kind != "ADDED" || err != nil || typeOf(o) != "*v1.Pod" {
		t.Errorf("%s %T %v", kind, o, err)
	}
	if _, _, err := New(nil).Event([]byte("garbage")); err == nil {
		t.Error("garbage is an event")
	}
}

// FuzzSplit feeds arbitrary bytes: no event is longer than the limit, and none comes
// from fewer bytes than it has.
func FuzzSplit(f *testing.F) {
	f.Add(framed("abc"), 2)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1, 7}, 1)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, 4)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		size = max(1, size)
		var s splitter
		total, events := 0, 0
		for piece := range slices.Chunk(b, size) {
			if s.write(piece, func(e []byte) error { events += 4 + len(e); return nil }) != nil {
				return
			}
			if total += len(piece); events > total {
				t.Fatalf("%d bytes of events in %d bytes", events, total)
			}
		}
	})
}
