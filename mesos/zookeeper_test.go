package mesos

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// zookeeper serves z at an address of n until the test ends.
func zookeeper(n *network, address string, z *fakeZK) (stop func()) {
	l := n.listen(address)
	done := make(chan struct{})
	go func() {
		defer close(done)
		z.serve(l)
	}()
	stop = func() {
		l.Close()
		<-done
	}
	n.t.Cleanup(stop)
	return stop
}

// The relevant keys of what a master of Mesos 1.11 registers.
func registered(ip string) string {
	return fmt.Sprintf(`{"address":{"hostname":"%[1]s.test","ip":"%[1]s","port":5050},"hostname":"%[1]s.test",
		"id":"1","ip":16777343,"pid":"master@%[1]s:5050","port":5050,"version":"1.11.0"}`, ip)
}

func TestFirstMaster(t *testing.T) {
	t.Parallel()
	tests := []struct {
		children string
		want     string
	}{
		{"", ""},
		{"log_replicas", ""},
		{"log_replicas json.info_0000000012", "json.info_0000000012"},
		{"json.info_0000000012 json.info_0000000009 json.info_0000000010", "json.info_0000000009"},
		{"json.info_0000000012 info_0000000001 json.info_ json.info_x json.info_-1 other_0", "json.info_0000000012"},
		{"json.info_9999999999 json.info_10000000000", "json.info_9999999999"},
	}
	for _, tt := range tests {
		if got, ok := firstMaster(strings.Fields(tt.children)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("of %q: %q, %v; want %q", tt.children, got, ok, tt.want)
		}
	}
}

func TestMasterURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ info, scheme, want string }{
		{registered("10.0.0.1"), "http", "http://10.0.0.1:5050/api/v1/scheduler"},
		{registered("10.0.0.1"), "https", "https://10.0.0.1.test:5050/api/v1/scheduler"},
		{`{"hostname":"m","ip":16777343,"port":5051}`, "http", "http://m:5051/api/v1/scheduler"},
		{`{"ip":16777343,"pid":"master@10.0.0.1:5052"}`, "http", "http://10.0.0.1:5052/api/v1/scheduler"},
		{`{"address":{"ip":"::1","port":1}}`, "http", "http://[::1]:1/api/v1/scheduler"},
		{`{"id":"1"}`, "http", ""},
		{`{"pid":"master@10.0.0.1:x"}`, "http", ""},
		{`{`, "http", ""},
		{"", "http", ""},
		{"\x0a\x01a", "http", ""}, // the protobuf of Mesos before 0.24
	}
	for _, tt := range tests {
		got, err := masterURL([]byte(tt.info), tt.scheme)
		if (err != nil) != (tt.want == "") || err == nil && got.String() != tt.want {
			t.Errorf("%q: %v, %v; want %q", tt.info, got, err, tt.want)
		}
	}
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	tests := []struct{ master, want, err string }{
		{master: "zk://a:1/mesos", want: "[a:1] /mesos "},
		{master: "zk://a,b:2, c /x/y/", want: "[a:2181 b:2 c:2181] /x/y "},
		{master: "zk://u:p@s@a/mesos", want: "[a:2181] /mesos u:p@s"},
		{master: "zk://[::1]:1/mesos", want: "[[::1]:1] /mesos "},
		{master: "zk://a:1", err: "lacks the path"},
		{master: "zk://a:1/", err: "lacks the path"},
		{master: "zk://a//b", err: "lacks the path"},
		{master: "zk:///mesos", err: "not host:port"},
		{master: "zk://a,,b/mesos", err: "not host:port"},
		{master: "zk://a:port/mesos", err: "not host:port"},
		{master: "zk://hunter2@a/mesos", err: "not user:password"},
		{master: "zk://u:hunter2@a", err: "lacks the path"},
		{master: "zk://@a/mesos", err: "not user:password"},
	}
	for _, tt := range tests {
		q, err := parseQuorum(tt.master)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: %v, want %q", tt.master, err, tt.err)
			}
			continue
		}
		if got := fmt.Sprint(q.servers, " ", q.path, " ", q.auth); err != nil || got != tt.want {
			t.Errorf("%q: %s, %v; want %s", tt.master, got, err, tt.want)
		}
	}
}

// We follow the leader from one to the next; one that cannot be looked up because
// ZooKeeper is away is tried at its last address.
func TestLeaderByZooKeeper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		z := &fakeZK{nodes: map[string]string{
			"/mesos/log_replicas":         "",
			"/mesos/json.info_0000000003": registered("10.0.0.1"),
			"/mesos/json.info_0000000004": registered("10.0.0.2"),
		}}
		stopZK := zookeeper(n, "10.0.0.9:2181", z)
		one, two := &fakeMaster{}, &fakeMaster{}
		stopOne := n.serve("10.0.0.1:5050", one)
		stopTwo := n.serve("10.0.0.2:5050", two)
		l := live(t, n, SchedulerConfig{Master: "zk://u:p@10.0.0.9/mesos"})
		time.Sleep(time.Second)
		synctest.Wait()
		if one, two := len(one.subscribes()), len(two.subscribes()); one != 1 || two != 0 || z.auth != "digest u:p" {
			t.Errorf("%d subscriptions at the leader, %d at the other; ZooKeeper got %q", one, two, z.auth)
		}
		stopOne()
		z.set(map[string]string{"/mesos/json.info_0000000004": registered("10.0.0.2")})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := l.heard(); len(two.subscribes()) != 1 || len(got) != 3 {
			t.Errorf("%d subscriptions at the new leader; told %q", len(two.subscribes()), got)
		}
		stopZK()
		stopTwo()
		time.Sleep(time.Minute)
		n.serve("10.0.0.2:5050", two)
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

func TestZooKeeperTroubles(t *testing.T) {
	t.Parallel()
	info := registered("10.0.0.1")
	tests := []struct {
		name   string
		server *fakeZK // nil: none
		want   string  // the leader
		err    string
	}{
		{"leader vanishes while we look", &fakeZK{vanish: "/mesos/json.info_1", nodes: map[string]string{
			"/mesos/json.info_1": registered("10.0.0.3"), "/mesos/json.info_2": info,
		}}, "10.0.0.1:5050", ""},
		{"no masters", &fakeZK{nodes: map[string]string{"/mesos/log_replicas": ""}}, "", "no master is registered there"},
		{"no path", &fakeZK{}, "", "no master is registered there"},
		{"nonsense", &fakeZK{nodes: map[string]string{"/mesos/json.info_1": "?"}}, "", "not to be read"},
		{"silent", &fakeZK{silent: true}, "", "no answer within 10s"},
		{"none", nil, "", "could not connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				if tt.server != nil {
					zookeeper(n, "10.0.0.9:2181", tt.server)
				}
				q := &quorum{servers: []string{"10.0.0.9:2181"}, path: "/mesos", scheme: "http", dial: n.dial}
				got, err := q.find(t.Context())
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("%v, %v; want %q", got, err, tt.err)
					}
					return
				}
				if err != nil || len(got) != 1 || got[0].Host != tt.want {
					t.Errorf("%v, %v; want %s", got, err, tt.want)
				}
			})
		})
	}
}

var _ net.Listener = (*host)(nil)
