// Package events writes Kubernetes events about pods and nodes for people.
//
// They are a by-product: nothing waits for them to be written, similar ones are
// merged, and when there are too many some are dropped.
package events
