package mesos

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Over real sockets and TLS: a master whose certificate is trusted, and one
// whose is not.
func TestTLS(t *testing.T) {
	t.Parallel()
	m := &fakeMaster{stream: func(_ int, s *events) {
		s.open(15)
		s.send(errorEvent("enough"))
	}}
	server := httptest.NewTLSServer(m)
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	for name, roots := range map[string]*x509.CertPool{"trusted": trusted, "not trusted": x509.NewCertPool()} {
		s, err := NewScheduler(SchedulerConfig{Master: server.URL, TLS: &tls.Config{RootCAs: roots}, Principal: "p", Secret: "s"})
		if err != nil {
			t.Fatal(err)
		}
		h := &once{told: make(chan string, 10)}
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			ended <- s.Run(ctx, frameworkInfo, h)
		}()
		told := <-h.told
		if name == "not trusted" {
			stop()
		}
		err = <-ended
		stop()
		if name == "not trusted" {
			if !strings.Contains(told, "certificate") {
				t.Errorf("%s: told %q", name, told)
			}
			continue
		}
		var rejected *RejectedError
		if told != "SUBSCRIBED" || !errors.As(err, &rejected) || rejected.Message != "enough" {
			t.Errorf("%s: told %q, then %v", name, told, err)
		}
	}
}

// once is a handler that tells the first things it is told.
type once struct{ told chan string }

func (o *once) Event(e *pb.SchedulerEvent) { o.tell(e.GetType().String()) }
func (o *once) Disconnected(err error)     { o.tell(err.Error()) }

func (o *once) tell(s string) {
	select {
	case o.told <- s:
	default:
	}
}
