package logging

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"k8s.io/klog/v2"
)

// The log belongs to a whole process, so the test checks one: itself, run again with the
// flags of the case.
func TestKlogGoesToGlog(t *testing.T) {
	if os.Getenv("LOGGING_CHILD") != "" {
		child()
		return
	}
	t.Parallel()
	for _, c := range []struct {
		name       string
		args       []string
		want, deny []string
	}{
		{"quiet", nil,
			[]string{"went wrong: no luck", "part: a task ends \"task\"=\"t1\" \"pod\"=\"(*logging.object)\"\n", "part: storing: no space \"key\"=\"k\"\n", "part: waiting: context canceled\n"},
			[]string{"in detail", "pod started", "old style", "deep detail", "told to stop"}},
		{"talkative", []string{"-v=1"},
			[]string{`pod started "pod"="a/b"`, "old style 7", "went wrong: no luck", "in detail", "told to stop"},
			[]string{"deep detail"}},
		{"verbose", []string{"-v=5"},
			[]string{"deep detail"}, nil},
		{"as much as there is", []string{"-v=10"},
			[]string{"deep detail", `"name"={"name"="b" "namespace"="a"} "count"=3 "object"="(*logging.object)" "several"="(map[string]string)"`},
			[]string{"request body", "hidden"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], append([]string{"-test.run=^TestKlogGoesToGlog$"}, c.args...)...)
			cmd.Env = append(os.Environ(), "LOGGING_CHILD=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, w := range c.want {
				if !strings.Contains(string(out), w) {
					t.Errorf("no %q in the log:\n%s", w, out)
				}
			}
			for _, d := range c.deny {
				if strings.Contains(string(out), d) {
					t.Errorf("%q is in the log:\n%s", d, out)
				}
			}
			for line := range strings.Lines(string(out)) {
				if (strings.Contains(line, "pod started") || strings.Contains(line, "part: ")) && !strings.Contains(line, "logging_test.go:") {
					t.Errorf("the line does not name the code that logged it: %s", line)
				}
			}
		})
	}
}

// object prints its contents, as Kubernetes' objects do.
type object struct{ Data string }

func (o *object) String() string { return o.Data }

func child() {
	// The test binary's flags are parsed already; glog's are the same set.
	if v := flag.Lookup("v").Value.String(); v == "0" {
		_ = flag.Set("logtostderr", "false")
	}
	Init()
	RouteKlog()
	defer Flush()
	klog.InfoS("pod started", "pod", "a/b")
	klog.Infof("old style %d", 7)
	klog.V(4).InfoS("deep detail")
	klog.V(8).Info("request body")
	o := &object{Data: "hidden"}
	klog.V(2).InfoS("values", "name", klog.KRef("a", "b"), "count", 3, "object", o, "several", map[string]string{"a": "hidden"})
	klog.LoggerWithValues(klog.Background(), "object", o).V(2).Info("with values")
	klog.ErrorS(nil, "an error", "object", o)
	klog.ErrorS(errors.New("no luck"), "went wrong")
	klog.ErrorS(fmt.Errorf("watching: %w", context.Canceled), "told to stop")

	own := New().WithName("part")
	own.Info("a task ends", "task", "t1", "pod", o)
	own.V(1).Info("in detail")
	own.Error(errors.New("no space"), "storing", "key", "k")
	own.Error(context.Canceled, "waiting")
}
