package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/taskdata"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// The files in testdata are transcripts: events, and indented below each one what
// the core wants done. UPDATE=1 rewrites them; review the difference.
//
//	subscribe [killing]              the agent's SUBSCRIBED; the framework knows TASK_KILLING
//	launch ID POD [node=N] [idle=D] [cpus=N] [bad]     a task for a pod
//	kill ID [GRACE]
//	pods [POD=PHASE[,ready][,deleting][,ip=IP][,reason=WORDS] …]   all pods that are bound now
//	gone POD                         no container of the pod runs
//	removed POD                      the API server has been asked to delete it
//	up                               the node has what it needs of this agent
//	waits WORDS                      why the node cannot run pods yet
//	fail WORDS                       the node has failed
//	settings SERVER … [program=URL]   what the framework says apart from tasks
//	handover                         another program goes on with what this one knows
//	idle                             is there nothing to do?
//	closing                          no more tasks are taken
//	drained [WORDS]                  all is cleaned up, or not, for a reason
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(b))
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(b) {
				t.Errorf("it went otherwise:\n%s", got)
			}
		})
	}
}

// play runs the commands of a transcript and returns it with their current results. An
// empty line begins another executor.
func play(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	c := newCore()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, answerMark) {
			continue
		}
		out.WriteString(line)
		switch line = strings.TrimSpace(line); {
		case line == "":
			c = newCore()
		case !strings.HasPrefix(line, "#"):
			if line == "idle" {
				fmt.Fprintf(&out, "%s%v\n", answerMark, c.idle())
				continue
			}
			if line == "handover" {
				c = handOver(t, c)
				for _, f := range c.resume() {
					out.WriteString(answerMark + describe(t, f) + "\n")
				}
				continue
			}
			for _, f := range command(t, c, line) {
				out.WriteString(answerMark + describe(t, f) + "\n")
			}
		}
	}
	return out.String()
}

// handOver returns the core of the program that takes over from c's.
func handOver(t *testing.T, c *core) *core {
	t.Helper()
	state, err := c.marshal(nil)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := restore(state)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

const answerMark = "    "

func command(t *testing.T, c *core, line string) []effect {
	t.Helper()
	words := strings.Fields(line)
	rest := strings.TrimSpace(strings.TrimPrefix(line, words[0]))
	switch words[0] {
	case "subscribe":
		c.subscribed(subscribedEvent(rest == "killing"))
		return nil
	case "launch":
		return c.launch(launchOf(t, words[1], words[2], words[3:]...))
	case "settings":
		var settings taskdata.Settings
		for _, w := range words[1:] {
			if url, ok := strings.CutPrefix(w, "program="); ok {
				settings.Program = &taskdata.Program{URL: url}
				continue
			}
			settings.Servers = append(settings.Servers, w)
		}
		return c.configured(settings)
	case "kill":
		var grace *time.Duration
		if len(words) > 2 {
			d, err := time.ParseDuration(words[2])
			if err != nil {
				t.Fatal(err)
			}
			grace = &d
		}
		return c.kill(words[1], grace)
	case "pods":
		var pods []Pod
		for _, w := range words[1:] {
			pods = append(pods, podOf(t, w))
		}
		return c.podsChanged(pods)
	case "gone":
		return c.containersStopped("uid-" + rest)
	case "removed":
		return c.deletionRequested("uid-" + rest)
	case "up":
		return c.nodeIsUp()
	case "waits":
		return c.nodeWaits(rest)
	case "fail":
		return c.nodeFailed(fmt.Errorf("%s", rest))
	case "closing":
		c.closing = true
		return nil
	case "drained":
		if rest == "" {
			return c.drained(nil)
		}
		return c.drained(fmt.Errorf("%s", rest))
	}
	t.Fatalf("%q is no command", line)
	return nil
}

func refOf(name string) Ref { return Ref{Namespace: "default", Name: name, UID: "uid-" + name} }

func podOf(t *testing.T, s string) Pod {
	t.Helper()
	name, traits, _ := strings.Cut(s, "=")
	p := Pod{Ref: refOf(name)}
	for i, trait := range strings.Split(traits, ",") {
		key, value, _ := strings.Cut(trait, "=")
		switch {
		case i == 0:
			p.Phase = Phase(trait)
		case key == "ready":
			p.Ready = true
		case key == "deleting":
			p.Deleting = true
		case key == "ip":
			p.IP = value
		case key == "reason":
			p.Reason = strings.ReplaceAll(value, "_", " ")
		default:
			t.Fatalf("pod %q: %q is no trait", s, trait)
		}
	}
	return p
}

func subscribedEvent(killing bool) *mesospb.ExecutorEvent_Subscribed {
	s := &mesospb.ExecutorEvent_Subscribed{
		FrameworkInfo: &mesospb.FrameworkInfo{Id: &mesospb.FrameworkID{Value: new("F0")}},
		AgentInfo: &mesospb.AgentInfo{Id: &mesospb.AgentID{Value: new("S0")}, Hostname: new("host"),
			Resources: []*mesospb.Resource{scalar("cpus", 1.5), scalar("cpus", 2), scalar("mem", 1024), scalar("disk", 9)}},
		ExecutorInfo: &mesospb.ExecutorInfo{Resources: []*mesospb.Resource{scalar("cpus", 0.1), scalar("mem", 64)}},
	}
	if killing {
		s.FrameworkInfo.Capabilities = []*mesospb.FrameworkInfo_Capability{
			{Type: mesospb.FrameworkInfo_Capability_TASK_KILLING_STATE.Enum()}}
	}
	return s
}

func scalar(name string, v float64) *mesospb.Resource {
	return &mesospb.Resource{Name: &name, Type: mesospb.Value_SCALAR.Enum(), Scalar: &mesospb.Value_Scalar{Value: &v}}
}

func launchOf(t *testing.T, id, pod string, traits ...string) *mesospb.TaskInfo {
	t.Helper()
	ref, node, cluster := refOf(pod), "node", taskdata.Cluster{Servers: []string{"https://api:6443"}}
	var resources []*mesospb.Resource
	for _, trait := range traits {
		if n, ok := strings.CutPrefix(trait, "node="); ok {
			node = n
		}
		if d, ok := strings.CutPrefix(trait, "idle="); ok {
			var err error
			if cluster.IdleTimeout, err = time.ParseDuration(d); err != nil {
				t.Fatal(err)
			}
		}
		if n, ok := strings.CutPrefix(trait, "cpus="); ok {
			cpus, err := strconv.ParseFloat(n, 64)
			if err != nil {
				t.Fatal(err)
			}
			resources = append(resources, scalar("cpus", cpus))
		}
		if trait == "bad" {
			node = ""
		}
	}
	data, err := taskdata.Data{Namespace: ref.Namespace, Name: ref.Name, UID: ref.UID, Node: node, Cluster: cluster}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &mesospb.TaskInfo{Name: &pod, TaskId: &mesospb.TaskID{Value: &id}, Data: data, Resources: resources}
}

func describe(t *testing.T, f effect) string {
	t.Helper()
	switch f := f.(type) {
	case update:
		s := strings.TrimPrefix(f.status.GetState().String(), "TASK_") + " " + f.status.GetTaskId().GetValue()
		if f.status.Reason != nil {
			s += " " + f.status.GetReason().String()
		}
		if f.status.Healthy != nil {
			s += fmt.Sprintf(" healthy=%v", f.status.GetHealthy())
		}
		for _, n := range f.status.GetContainerStatus().GetNetworkInfos() {
			s += " ip=" + n.GetIpAddresses()[0].GetIpAddress()
		}
		for _, l := range f.status.GetLabels().GetLabels() {
			s += fmt.Sprintf(" %s=%q", l.GetKey(), l.GetValue())
		}
		return s + " " + fmt.Sprintf("%q", f.status.GetMessage())
	case startNode:
		return fmt.Sprintf("start node %s for framework %s on agent %s at %s: %+v, executor %+v",
			f.spec.Name, f.spec.Framework, f.spec.Agent, f.spec.Hostname, f.spec.Total, f.spec.Executor)
	case deletePod:
		if f.grace != nil {
			return fmt.Sprintf("delete %s within %v", f.ref, *f.grace)
		}
		return fmt.Sprintf("delete %s", f.ref)
	case hold:
		return fmt.Sprintf("task of %s holds %+v", f.uid, f.amount)
	case replaceProgram:
		return "be replaced by " + f.program.URL
	case setServers:
		return fmt.Sprintf("API servers %v", f.urls)
	case awaitStopped:
		return fmt.Sprintf("await the end of %s", f.ref)
	}
	t.Fatalf("%T is no effect that can be shown", f)
	return ""
}
