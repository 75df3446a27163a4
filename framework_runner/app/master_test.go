package app

import (
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos"
)

func TestParseMaster(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		given string
		want  master
		says  string // the error's text, if one is wanted
	}{
		{given: "local", want: master{kind: masterLocal, agents: 1}},
		{given: "local(1)", want: master{kind: masterLocal, agents: 1}},
		{given: "local(100)", want: master{kind: masterLocal, agents: 100}},
		{given: "none", want: master{kind: masterNone}},
		{given: "10.0.0.1:5050", want: master{kind: masterRemote, addr: "10.0.0.1:5050"}},
		{given: "[fd00::1]:5050", want: master{kind: masterRemote, addr: "[fd00::1]:5050"}},
		{given: "a:5050,b:5050", want: master{kind: masterRemote, addr: "a:5050,b:5050"}},
		{given: "http://a:5050", want: master{kind: masterRemote, addr: "http://a:5050"}},
		{given: "zk://a:2181,b:2181/mesos", want: master{kind: masterRemote, addr: "zk://a:2181,b:2181/mesos"}},
		{given: "zk://user:secret@a:2181/mesos", want: master{kind: masterRemote, addr: "zk://user:secret@a:2181/mesos"}},
		{given: "local(101)", says: "1 to 100"},
		{given: "local(99999999999999999999)", says: "1 to 100"},
		{given: "local()", says: "-mesos_master=local()"},
		{given: "Local", says: "-mesos_master=Local"},
		{given: "master", says: "-mesos_master=master"},
		{given: "zk://a:2181", says: "-mesos_master"},
		{given: "a:b:c", says: "-mesos_master"},
		{given: ":", says: "-mesos_master"},
	} {
		got, err := parseMaster(row.given, mesos.TLSFiles{})
		if row.says != "" {
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%s: error %v, want one with %q", row.given, err, row.says)
			}
			continue
		}
		if err != nil || got != row.want {
			t.Errorf("%s: %+v, %v; want %+v", row.given, got, err, row.want)
		}
	}
}
