// Package logging sets up the one log of a program: glog, with the messages of
// the embedded Kubernetes parts, which speak klog, and of Go's own package log led
// into the same place and under the same verbosity. No verbosity shows secrets:
// see mostDetail. Only the runners call it:
//
//	logging.Init()
//	flag.Parse()
//	logging.RouteKlog()
//	defer logging.Flush()
package logging

import (
	"flag"
	"fmt"
	"log"
	"strconv"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/glog"
	"k8s.io/klog/v2"
)

// Init makes standard error the default destination of glog's messages. It is called
// before flags are parsed, so a flag on the command line wins.
func Init() {
	log.SetFlags(0)
	log.SetOutput(standard{})
	if f := flag.Lookup("logtostderr"); f != nil {
		f.DefValue = "true"
		_ = f.Value.Set("true") // a bool flag takes "true"
	}
}

// RouteKlog routes every klog message to glog, and sets klog's verbosity to glog's
// current one. It is called once, after flags are parsed.
func RouteKlog() {
	klog.SetLoggerWithOptions(newLogger(true), klog.ContextualLogger(true))
	if f := flag.Lookup("v"); f != nil {
		setKlogVerbosity(f.Value.String())
	}
}

// SetVerbosity changes the verbosity of glog and klog while the program runs; n below
// zero means zero.
func SetVerbosity(n int) error {
	v := strconv.Itoa(max(n, 0))
	if err := flag.Set("v", v); err != nil {
		return fmt.Errorf("setting the verbosity of the log to %d: %w", n, err)
	}
	setKlogVerbosity(v)
	return nil
}

// Flush writes out what is still buffered. It is called before the program ends.
func Flush() {
	klog.Flush()
	glog.Flush()
}

// standard receives the output of Go's own package log, which net/http uses.
type standard struct{}

func (standard) Write(line []byte) (int, error) {
	glog.Info(string(line))
	return len(line), nil
}

// setKlogVerbosity uses a flag, the only way that klog offers.
func setKlogVerbosity(v string) {
	own := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(own)
	_ = own.Set("v", v) // v was printed from a number
}
