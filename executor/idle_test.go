package executor

import (
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An executor without pods ends after the idle timeout, and no sooner.
func TestIdle(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a", "idle=1m")
		b.bound("a=Running,ready", "foreign=Running")
		b.bound("a=Succeeded", "foreign=Running")
		time.Sleep(time.Hour)
		b.happened("node node", "STARTING t1", "RUNNING t1", "FINISHED t1") // the foreign pod needs a kubelet
		b.bound("a=Succeeded", "foreign=Succeeded,deleting")
		time.Sleep(time.Hour)
		b.bound("a=Succeeded")
		time.Sleep(59 * time.Second)
		b.launch("t2", "b", "idle=1m")
		time.Sleep(time.Hour)
		b.bound("b=Failed")
		b.happened("STARTING t2", "FAILED t2")
		b.ends(time.Minute, nil)
		b.happened("drain", "flush", "node ends")
	})
}

// An unacknowledged status keeps the executor.
func TestIdleWithDebts(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.agent.silent.Store(true)
		b.launch("t1", "a", "idle=1m")
		b.bound("a=Failed")
		time.Sleep(10*time.Minute + time.Second)
		b.happened("node node", "STARTING t1", "FAILED t1")
		b.agent.silent.Store(false)
		b.ends(time.Minute, nil)
	})
}

// Without a timeout the executor stays; if it never had a task, it does not.
func TestIdleForEver(t *testing.T) {
	inBubble(t, faults{}, func(b *bench) {
		b.launch("t1", "a")
		b.bound("a=Failed")
		time.Sleep(1000 * time.Hour)
		b.signal()
		b.ends(0, nil)
		b.run(nil)
		b.ends(noTaskTimeout, nil)
	})
}

// The executor reports nothing about a task that arrives while it ends: the agent
// reports that the task never began.
func TestLaunchWhileEnding(t *testing.T) {
	inBubble(t, faults{drainTakes: time.Second}, func(b *bench) {
		b.launch("t1", "a", "idle=1m")
		b.bound("a=Failed")
		time.Sleep(time.Minute)
		b.happened("node node", "STARTING t1", "FAILED t1", "drain")
		b.agent.events <- &mesospb.ExecutorEvent{Type: mesospb.ExecutorEvent_LAUNCH.Enum(),
			Launch: &mesospb.ExecutorEvent_Launch{Task: launchOf(t, "t2", "b")}}
		b.ends(time.Second, nil)
		b.happened("flush", "node ends")
	})
}
