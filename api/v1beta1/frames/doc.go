// Package frames sends the events of watches to v1beta1 clients.
//
// A Stream is one client's connection: a chunked body with an event per line, or a
// WebSocket with an event per message. A Cache keeps the latest events as they are sent,
// so however many clients watch an object, each of its versions is translated once.
//
// The package does not know what an event says. It guarantees that a client that does
// not read is dropped after 30 seconds, and one that has nothing to read is not.
package frames
