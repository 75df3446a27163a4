// Package peers is for several framework_runners on one etcd: which of them
// live, and which one leads.
//
// Each has one lease in etcd. Under it is the URL of its API server, and the
// leader's key if it was the first to write that. The lease is renewed five
// times within its life; who stops renewing is off the list and no longer
// leads when it runs out.
//
// # The leader
//
// The leader acts for the cluster until its lease is lost, and then must end:
// what it believes about the world is of the past. So that it does nothing in
// between, even when it was stopped for minutes and does not know,
//
//   - Check compares the clock with the time up to which etcd has surely kept the
//     lease: counted from before the last renewal was sent, less a margin. Guard
//     asks it before each write over HTTP;
//   - Fence is the condition of every transaction: that the leader's key is still
//     the one that this process wrote.
//
// A framework_runner with an etcd of its own is Alone: it always leads.
package leaderelection
