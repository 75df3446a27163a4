package framework

import "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"

// maxBurst bounds how many acknowledgements are sent at once.
const maxBurst = 100

// burst returns how many of the first jobs make their calls at once: at least
// one, and more when all of them acknowledge and nothing else.
func burst(jobs []job) int {
	for n, j := range jobs {
		if n == maxBurst || j.call.GetType() != mesospb.SchedulerCall_ACKNOWLEDGE || j.failed != nil {
			return max(n, 1)
		}
	}
	return len(jobs)
}
