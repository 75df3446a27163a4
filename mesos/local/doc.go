// Package local is an Apache Mesos inside our process: a master and agents that
// speak the v1 HTTP API, in protobuf and JSON, over real TCP sockets, and start
// and supervise real executor processes. It is for one machine and for tests; a
// cluster runs Apache Mesos. What it does is what masters and agents of release
// 1.11 were seen to do, or those of 1.0 ([Config.Version]); package mesostest
// holds all of them to the same cases.
//
//	scheduler ── HTTP ──▶ scheduler_api ─┐            ┌─ executor_api ◀── HTTP ── executor
//	                                     ▼            ▼
//	                  one goroutine (loop) owns master, frameworks, agents,
//	                  offers, tasks, executors and every timer
//	                                     │            ▲
//	             events by bounded queues┘            └ process ended, fetched, failed
//
// Nothing in here is locked but queues and listener: handlers and process watchers hand
// the loop a function and wait for it. Master and agents share that one
// goroutine, so a message between them is a function call; what can go wrong
// between real ones is played by [Faults] and by methods such as
// [Mesos.StopAgent], [Mesos.PauseAgent] and [Mesos.CrashMaster], over
// HTTP also, see [Config.FaultPages].
//
// The master passes calls on to parts that own their fields: frameworks, an allocator
// (all offers), agents (also reconciliation) and a launcher (executors outside the
// loop). An agent consists of a link to the master, capacity, executors, statuses and
// maintenance. Whatever needs none of these is in a package of its own below this one.
//
// Differences from Apache Mesos, all of them deliberate:
//
//   - Offers go round in turn, one framework after the other; there is no DRF,
//     weight or quota. Offer constraints and operations other than LAUNCH,
//     LAUNCH_GROUP, RESERVE, UNRESERVE, CREATE and DESTROY are dropped, as an
//     invalid operation is.
//   - No isolation: an executor's resources are counted but not enforced.
//   - Command tasks (without executor) are refused with TASK_ERROR.
//   - Nothing but reservations and volumes is written down: when the process ends
//     in order, so do its executors; when it is killed, they find their agent gone
//     and end themselves after [Config.RecoveryTimeout]. What a machine no longer
//     has remains reserved. All agents have one work directory, so no two of them
//     can have volumes of the same role and id.
//   - Of the operator API (/api/v1) there is what drains agents: GET_AGENTS,
//     DRAIN_AGENT, DEACTIVATE_AGENT, REACTIVATE_AGENT, MARK_AGENT_GONE, and
//     GET_HEALTH, GET_VERSION, GET_MASTER; no stream of events.
//   - Ids are judged as strictly when release 1.0 is imitated, which takes some
//     that would lead out of the work directory.
//   - An executor's token ([Config.Credentials]) is not a JSON Web Token: it is
//     random, and known to its agent alone.
//   - In JSON, 64-bit integers are strings on the way out (numbers and strings
//     are understood on the way in), and enums may be given as numbers.
//   - A fetched file is removed with the executor it was fetched for, so that a
//     work directory does not grow by a program per start; stdout and stderr stay.
//   - hdfs and ftp are not fetched, archives are not extracted, and there are no pages
//     of sandboxes: these are on this machine, at the paths that /state shows.
package local
