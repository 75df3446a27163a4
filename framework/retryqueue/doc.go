// Package retryqueue does work by key with a few workers, and repeats what fails:
// after 50 ms, then less and less often, up to twice a minute.
//
// It is a workqueue of client-go with the loop that each of its users needs. A
// key that is added while it waits is worked on once; one that is added while
// it is worked on, once more. No two workers have the same key at a time.
package retryqueue
