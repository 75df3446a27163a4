package resourcemetrics

import "time"

// minWindow is the shortest time that a rate is taken over: the kernel accounts CPU in steps.
const minWindow = time.Second

// usage is what a container uses.
type usage struct {
	at     time.Time
	window time.Duration // before at, of the CPU
	cpu    float64       // cores
	memory float64       // bytes
}

// rate returns what a container uses between two of its samples. If it has started after the
// first, or there is no first and it is younger than youngest, its whole life counts.
func rate(before sample, now sample, youngest time.Duration) (usage, bool) {
	from, cpu := before.at, before.cpu
	if from.IsZero() || before.started != now.started || now.cpu < before.cpu {
		from, cpu = now.started, 0
		if from.IsZero() || now.at.Sub(from) > youngest {
			return usage{}, false
		}
	}
	window := now.at.Sub(from)
	if window < minWindow {
		return usage{}, false
	}
	return usage{at: now.at, window: window, cpu: (now.cpu - cpu) / window.Seconds(), memory: now.memory}, true
}

// podKey names a pod.
type podKey struct{ namespace, name string }

// podUsage is what the containers of a pod use, by name.
type podUsage map[string]usage

// rates returns what the pods of a node use between two of its samples, without those of
// which a container has no figure yet.
func rates(before, now map[container]sample, youngest time.Duration) map[podKey]podUsage {
	pods, incomplete := map[podKey]podUsage{}, map[podKey]bool{}
	for c, s := range now {
		pod := podKey{c.namespace, c.pod}
		u, ok := rate(before[c], s, youngest)
		if !ok {
			incomplete[pod] = true
			continue
		}
		if pods[pod] == nil {
			pods[pod] = podUsage{}
		}
		pods[pod][c.name] = u
	}
	for pod := range incomplete {
		delete(pods, pod)
	}
	return pods
}
