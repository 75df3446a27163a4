package mesos

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/fakezk"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

// registered returns what a master registers in ZooKeeper.
func registered(ip string) string {
	return fmt.Sprintf(`{"address":{"hostname":"%[1]s.test","ip":"%[1]s","port":5050}}`, ip)
}

// We follow the leader from one to the next; one that cannot be looked up because
// ZooKeeper is away is tried at its last address.
func TestLeaderByZooKeeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := pipenet.New(t)
		z := &fakezk.Server{Nodes: map[string]string{
			"/mesos/log_replicas":         "",
			"/mesos/json.info_0000000003": registered("10.0.0.1"),
			"/mesos/json.info_0000000004": registered("10.0.0.2"),
		}}
		stopZK := z.Start(t, n.Listen("10.0.0.9:2181"))
		one, two := &fakeMaster{}, &fakeMaster{}
		stopOne := n.Serve("10.0.0.1:5050", one)
		stopTwo := n.Serve("10.0.0.2:5050", two)
		l := live(t, n, SchedulerConfig{Master: "zk://u:p@10.0.0.9/mesos"})
		time.Sleep(time.Second)
		synctest.Wait()
		if one, two := len(one.subscribes()), len(two.subscribes()); one != 1 || two != 0 || z.Auth() != "digest u:p" {
			t.Errorf("%d subscriptions at the leader, %d at the other; ZooKeeper got %q", one, two, z.Auth())
		}
		stopOne()
		z.Set(map[string]string{"/mesos/json.info_0000000004": registered("10.0.0.2")})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := l.heard(); len(two.subscribes()) != 1 || len(got) != 3 {
			t.Errorf("%d subscriptions at the new leader; told %q", len(two.subscribes()), got)
		}
		stopZK()
		stopTwo()
		time.Sleep(time.Minute)
		n.Serve("10.0.0.2:5050", two)
		time.Sleep(time.Minute)
		synctest.Wait()
		got := l.heard()
		if len(two.subscribes()) != 2 || got[len(got)-1] != "SUBSCRIBED" {
			t.Errorf("without ZooKeeper %d subscriptions; told %q", len(two.subscribes()), got)
		}
		if want := "zookeeper 10.0.0.9:2181/mesos: zk: could not connect to a server; 10.0.0.2:5050: connection refused"; !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}
