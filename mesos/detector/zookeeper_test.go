package detector

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/fakezk"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesostest/pipenet"
)

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
		got, err := masterURL([]byte(tt.info), tt.scheme, "/api/v1/scheduler")
		if (err != nil) != (tt.want == "") || err == nil && got.String() != tt.want {
			t.Errorf("%q: %v, %v; want %q", tt.info, got, err, tt.want)
		}
	}
}

func TestZooKeeperAddress(t *testing.T) {
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
		q, err := parseZooKeeper(tt.master)
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

func TestZooKeeperTroubles(t *testing.T) {
	t.Parallel()
	info := registered("10.0.0.1")
	tests := []struct {
		name   string
		server *fakezk.Server // nil: none
		want   string         // the leader
		err    string
	}{
		{"leader vanishes while we look", &fakezk.Server{Vanish: "/mesos/json.info_1", Nodes: map[string]string{
			"/mesos/json.info_1": registered("10.0.0.3"), "/mesos/json.info_2": info,
		}}, "http://10.0.0.1:5050/api", ""},
		{"no masters", &fakezk.Server{Nodes: map[string]string{"/mesos/log_replicas": ""}}, "", "no master is registered there"},
		{"no path", &fakezk.Server{}, "", "no master is registered there"},
		{"nonsense", &fakezk.Server{Nodes: map[string]string{"/mesos/json.info_1": "?"}}, "", "cannot be read"},
		{"silent", &fakezk.Server{Silent: true}, "", "no answer within 10s"},
		{"none", nil, "", "could not connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := pipenet.New(t)
				if tt.server != nil {
					tt.server.Start(t, n.Listen("10.0.0.9:2181"))
				}
				d, err := New(Config{Master: "zk://10.0.0.9/mesos", Path: "/api", Dial: n.Dial})
				if err != nil {
					t.Fatal(err)
				}
				got, err := d.Detect(t.Context())
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("%v, %v; want %q", got, err, tt.err)
					}
					return
				}
				if err != nil || len(got) != 1 || got[0].String() != tt.want {
					t.Errorf("%v, %v; want %s", got, err, tt.want)
				}
			})
		})
	}
}
