package v1beta1

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// frame returns one event for the client as a line, or nil if v1beta1 does not have it.
func (c *call) frame(raw []byte) ([]byte, error) {
	kind, object, err := c.inner.event(raw)
	if err != nil {
		return nil, fmt.Errorf("read a watch's event: %w", err)
	}
	shown := wire.WatchEvent{Type: kind}
	switch watch.EventType(kind) {
	case watch.Bookmark:
		return nil, nil
	case watch.Error:
		s, ok := object.(*metav1.Status)
		if !ok {
			return nil, fmt.Errorf("ERROR event with a %T", object)
		}
		var out *statusError
		if !errors.As(c.translate(&innerError{*s}, false), &out) {
			return nil, fmt.Errorf("ERROR event: %s", s.Message)
		}
		shown.Object = &out.Status
	case watch.Modified:
		if c.deletedQuietly && goesAtOnce(object) {
			return nil, nil
		}
		fallthrough
	default:
		shown.Object = c.single(object)
	}
	return line(shown)
}

// line returns an event as JSON with a final newline.
func line(e wire.WatchEvent) ([]byte, error) {
	b, err := json.Marshal(e)
	return append(b, '\n'), err
}

// event decodes an event of core.
func (in inner) event(raw []byte) (kind string, object runtime.Object, err error) {
	var e metav1.WatchEvent // bare; only the object in it has an envelope
	if err := e.Unmarshal(raw); err != nil {
		return "", nil, err
	}
	object, err = in.decode(protobufType, e.Object.Raw)
	return e.Type, object, err
}

// goesAtOnce reports whether an object is about to be removed, with DELETED to
// follow: in v1beta1 that is one event.
func goesAtOnce(o runtime.Object) bool {
	switch o := o.(type) {
	case *corev1.Pod:
		return o.DeletionTimestamp != nil && o.DeletionGracePeriodSeconds != nil && *o.DeletionGracePeriodSeconds == 0 && len(o.Finalizers) == 0
	case *corev1.ReplicationController:
		return o.DeletionTimestamp != nil
	}
	return false
}

// frameKey determines an event's frame: an object's version has one content, the same
// for every watcher. link is the kind's path in the links of the frame.
type frameKey struct{ link, kind, uid, version string }

// frameKeyOf reads a key from an event without decoding its object. There is no key
// if the object has no version.
func frameKeyOf(link string, raw []byte) (frameKey, bool) {
	const envelope = len("k8s\x00")
	object := member(member(raw, 2), 1)
	if len(object) < envelope {
		return frameKey{}, false
	}
	meta := member(member(object[envelope:], 2), 1)
	key := frameKey{link, string(member(raw, 1)), string(member(meta, 5)), string(member(meta, 6))}
	return key, key.uid != "" && key.version != ""
}

// member returns the content of the first length-delimited member with this number in
// a protobuf message, or nil if there is none. The members before it must be
// length-delimited or varints.
func member(message []byte, number uint64) []byte {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil
		}
		size, m := binary.Uvarint(message[n:]) // a member's length, or the number itself
		if m <= 0 {
			return nil
		}
		message = message[n+m:]
		switch tag & 7 {
		case 0: // a number
			continue
		case 2: // with a length
			if size > uint64(len(message)) {
				return nil
			}
			if tag>>3 == number {
				return message[:size]
			}
			message = message[size:]
		default:
			return nil
		}
	}
	return nil
}
