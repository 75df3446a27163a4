package backend

import (
	"encoding/binary"
	"fmt"
)

// splitter finds the events in a watch's bytes, which arrive in any pieces. Each event is
// preceded by its length.
type splitter struct {
	head  [4]byte // the length of the next event
	got   int     // bytes of head
	left  int     // bytes of the event still to come
	parts []byte  // bytes that have arrived, unless the event comes in one piece
}

// maxEvent bounds one event, in bytes; etcd stores no object this large.
const maxEvent = 16 << 20

// write calls event with each event that b completes.
func (s *splitter) write(b []byte, event func([]byte) error) error {
	for len(b) > 0 {
		if s.left == 0 {
			n := copy(s.head[s.got:], b)
			s.got, b = s.got+n, b[n:]
			if s.got < len(s.head) {
				return nil
			}
			length := binary.BigEndian.Uint32(s.head[:])
			if length > maxEvent {
				return fmt.Errorf("a watch's event has %d bytes, more than %d", length, maxEvent)
			}
			s.got, s.left = 0, int(length)
			continue
		}
		piece := b[:min(len(b), s.left)]
		s.left, b = s.left-len(piece), b[len(piece):]
		if s.left > 0 || s.parts != nil {
			s.parts = append(s.parts, piece...)
			piece = s.parts
		}
		if s.left > 0 {
			return nil
		}
		s.parts = nil
		if err := event(piece); err != nil {
			return err
		}
	}
	return nil
}
