package dockershim

import (
	"fmt"
	"testing"
	"time"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// onEventsOnly makes a node whose cached list never expires: only Docker's events drop
// it.
func onEventsOnly(t *testing.T) (*node, *faulty) {
	t.Helper()
	f := newFaulty(t)
	n := newNode(t, f.endpoint)
	l := &n.server.inventory.listing
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oldest = time.Hour
	return n, f
}

// settled waits until lists are cached again.
func (n *node) settled() {
	n.Helper()
	n.eventually("a list is kept", func() bool {
		n.running()
		_, _, current := n.server.inventory.listing.get()
		return current
	})
}

// unheard waits until the shim knows that the events broke off: until then it may return
// the cached list.
func (n *node) unheard() {
	n.Helper()
	l := &n.server.inventory.listing
	n.eventually("the end of the events is noticed", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return !l.watched
	})
}

// running returns the running containers.
func (n *node) running() map[string]bool {
	n.Helper()
	ids := map[string]bool{}
	for _, c := range must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(n.Context(), &runtimeapi.ListContainersRequest{})).Containers {
		if c.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
			ids[c.Id] = true
		}
	}
	return ids
}

// While nothing changes, Docker is not asked for lists, except after late events of the
// start; a command in a container, such as a probe, is no change.
func TestListIsKept(t *testing.T) {
	t.Parallel()
	n, f := onEventsOnly(t)
	sandbox, id, pod := n.run("sleep 1000")
	n.settled()
	before := f.lists.Load()
	for range 20 {
		n.exec(id, "true")
		byPod := map[string]string{podUIDLabel: pod.Metadata.Uid}
		found := must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(n.Context(), &runtimeapi.ListPodSandboxRequest{Filter: &runtimeapi.PodSandboxFilter{LabelSelector: byPod}})).Items
		stats := must[*runtimeapi.ListContainerStatsResponse](n)(n.ListContainerStats(n.Context(), &runtimeapi.ListContainerStatsRequest{})).Stats
		if len(found) != 1 || found[0].Id != sandbox || !n.running()[id] || len(stats) != 1 {
			t.Fatalf("sandboxes %v, running %v, stats %v", found, n.running(), stats)
		}
	}
	if asked := f.lists.Load() - before; asked > 8 {
		t.Errorf("Docker was asked for %d of 60 lists", asked)
	}
}

// The next list shows the changes of our own calls.
func TestListAfterOurOwnCalls(t *testing.T) {
	t.Parallel()
	n, _ := onEventsOnly(t)
	sandbox, first, pod := n.run("sleep 1000")
	n.settled()
	for range 5 {
		id := n.create(sandbox, pod, n.container("more", "sleep 1000"))
		n.startContainer(id)
		if found := n.running(); !found[id] || !found[first] {
			t.Errorf("after the start of %s: %v", id, found)
		}
		must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(t.Context(), &runtimeapi.StopContainerRequest{ContainerId: id}))
		if _, _, current := n.server.inventory.listing.get(); current {
			t.Errorf("after the end of %s a list from before it is kept", id)
		}
		n.containerStatus(id) // Docker's own list may lag behind its answer to a stop (moby issue 50133)
		if found := n.running(); found[id] || !found[first] {
			t.Errorf("after the end of %s: %v", id, found)
		}
		must[*runtimeapi.RemoveContainerResponse](n)(n.RemoveContainer(t.Context(), &runtimeapi.RemoveContainerRequest{ContainerId: id}))
	}
}

// Lists show what others change as soon as Docker reports it, even if it was changed
// while events could not be read.
func TestListAfterOthers(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"heard": false, "not heard": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, f := onEventsOnly(t)
			_, id, _ := n.run("sleep 1000")
			n.settled()
			for _, c := range []struct {
				command []string
				running bool
			}{
				{[]string{"kill"}, false},
				{[]string{"start"}, true},
				{[]string{"rm", "--force"}, false},
			} {
				if cut {
					f.down()
				}
				realdocker.Docker(t, append(c.command, id)...)
				if cut {
					f.up()
				}
				n.eventually(c.command[0]+" shows", func() bool { return n.running()[id] == c.running })
				n.settled()
				if n.running()[id] != c.running {
					t.Errorf("after %s: running is %v again", c.command[0], !c.running)
				}
			}
		})
	}
}

// A container that ends by itself is listed as ended, although Docker 20.10 sends the
// event before its lists show it, and although lists are requested all the while.
func TestListAfterAnEnd(t *testing.T) {
	t.Parallel()
	n, _ := onEventsOnly(t)
	sandbox, _, pod := n.run("sleep 1000")
	n.settled()
	for i := range 10 {
		id := n.create(sandbox, pod, n.container(fmt.Sprintf("ends-%d", i), "sleep 0.2"))
		n.startContainer(id)
		n.eventually("its end shows", func() bool {
			for range 20 {
				n.running()
			}
			return !n.running()[id]
		})
	}
}

// A list that was requested before a change is not kept after it. No list is kept while
// the shim gets no events.
func TestListKeepsNothingDoubtful(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		before, during func(*listing)
		kept           bool
	}{
		"nothing happens":          {func(l *listing) { l.setWatched(true) }, func(*listing) {}, true},
		"a change meanwhile":       {func(l *listing) { l.setWatched(true) }, (*listing).invalidate, false},
		"no events":                {func(*listing) {}, func(*listing) {}, false},
		"the events break off":     {func(l *listing) { l.setWatched(true) }, func(l *listing) { l.setWatched(false) }, false},
		"a container dies":         {func(l *listing) { l.setWatched(true) }, (*listing).invalidatePending, false},
		"one has died before":      {func(l *listing) { l.setWatched(true); l.invalidatePending(); l.settled() }, func(*listing) {}, true},
		"one is dying":             {func(l *listing) { l.setWatched(true); l.invalidatePending(); l.invalidatePending(); l.settled() }, func(*listing) {}, false},
		"they break off and begin": {func(l *listing) { l.setWatched(true) }, func(l *listing) { l.setWatched(false); l.setWatched(true) }, false},
	} {
		l := &listing{oldest: time.Hour}
		c.before(l)
		_, changes, _ := l.get()
		c.during(l)
		l.keep(nil, changes, now)
		if _, _, current := l.get(); current != c.kept {
			t.Errorf("%s: kept %v, want %v", name, current, c.kept)
		}
	}
	l := &listing{oldest: time.Minute}
	l.setWatched(true)
	_, changes, _ := l.get()
	l.keep(nil, changes, now.Add(-time.Hour))
	if _, _, current := l.get(); current {
		t.Error("a list never expires")
	}
}

// The list of one pod serves that pod only, the list of all serves every pod, and a change
// drops both.
func TestListOfOnePod(t *testing.T) {
	t.Parallel()
	l := &listing{oldest: time.Hour}
	l.setWatched(true)
	_, changes, _ := l.get("uid=a")
	l.keep([]*listed{{}}, changes, time.Now(), "uid=a")
	for labels, want := range map[string]bool{"uid=a": true, "uid=b": false, "": false} {
		if items, _, current := l.get(labels); current != want || current && len(items) != 1 {
			t.Errorf("list of %q: current %v, want %v; %v", labels, current, want, items)
		}
	}
	l.keep(nil, changes, time.Now())
	if items, _, current := l.get("uid=b"); !current || len(items) > 0 {
		t.Errorf("the list of all has those of one pod: %v, %v", items, current)
	}
	l.invalidate()
	if _, _, current := l.get("uid=a"); current {
		t.Error("a list of one pod outlives a change")
	}
}
