package mesos

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An unreachable master is named at once in the log and to the handler, with the way
// it was found; one line reports that it is back.
func TestUnreachableMaster(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		master func(t *testing.T, address string) string
		names  string // what the lines say besides the address
		back   bool   // the address is the master's own
	}{
		{"address", func(_ *testing.T, address string) string { return address }, "the Mesos master 127.0.0.1:", true},
		{"file", func(t *testing.T, address string) string {
			path := filepath.Join(t.TempDir(), "master")
			if err := os.WriteFile(path, []byte(address+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return "file://" + path
		}, "/master)", true},
		{"zookeeper", func(_ *testing.T, address string) string { return "zk://user:hunter2@" + address + "/mesos" }, "registers at zk://127.0.0.1:", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := refusing(t)
			lines, heard := make(chan string, 100), make(chan error, 100)
			s, err := NewScheduler(SchedulerConfig{
				Master: tt.master(t, address), Log: funcr.New(func(_, line string) { lines <- line }, funcr.Options{}), MaxBackoff: 100 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx, frameworkInfo, hearer(heard)) }()
			t.Cleanup(func() { stop(); <-ended })

			for _, said := range []string{<-lines, (<-heard).Error()} {
				for _, want := range []string{address, tt.names, " since 20", "within 100ms"} {
					if !strings.Contains(said, want) {
						t.Errorf("%q does not say %q", said, want)
					}
				}
				if tt.back && !strings.Contains(said, "refused") || strings.Contains(said, "hunter2") {
					t.Errorf("it is said: %q", said)
				}
			}
			if !tt.back {
				return
			}
			l, err := net.Listen("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: &fakeMaster{}}
			go server.Serve(l)
			t.Cleanup(func() { server.Close() })
			for line := range lines {
				if strings.Contains(line, "connected to the Mesos master "+address) && strings.Contains(line, " after ") {
					return
				}
			}
		})
	}
}

// refusing returns an address on this machine where nothing listens.
func refusing(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A hearer passes on the reason why there is no subscription.
type hearer chan error

func (hearer) Event(*pb.SchedulerEvent) {}
func (h hearer) Disconnected(err error) { h <- err }
