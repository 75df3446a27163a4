package frames

import "encoding/binary"

// Key determines an event's bytes: an object's version has one content, the same for
// every watcher.
type Key struct {
	Link    string // the collection's path, as the links in the event show it
	Type    string // ADDED, MODIFIED or DELETED
	UID     string
	Version string
}

// KeyOf reads a key from an event in the API server's encoding (a WatchEvent in
// protobuf) without decoding its object. There is no key if the object has no version.
func KeyOf(link string, raw []byte) (Key, bool) {
	const envelope = len("k8s\x00")
	object := member(member(raw, 2), 1)
	if len(object) < envelope {
		return Key{}, false
	}
	meta := member(member(object[envelope:], 2), 1)
	key := Key{link, string(member(raw, 1)), string(member(meta, 5)), string(member(meta, 6))}
	return key, key.UID != "" && key.Version != ""
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
