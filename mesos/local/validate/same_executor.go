package validate

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// SameExecutor reports whether a task's ExecutorInfo is the one that an executor was
// started with, as release 1.11 compares them. It ignores labels,
// shutdown_grace_period, framework_id, uri.cache, the order of environment variables
// and resources, and defaults that are spelled out.
func SameExecutor(a, b *mesospb.ExecutorInfo) bool {
	return a.ExecutorId.GetValue() == b.ExecutorId.GetValue() &&
		(a.Type == nil) == (b.Type == nil) && a.GetType() == b.GetType() &&
		bytes.Equal(a.Data, b.Data) &&
		sameResources(a.Resources, b.Resources) &&
		sameCommand(a.Command, b.Command) &&
		a.GetName() == b.GetName() && a.GetSource() == b.GetSource() &&
		bytes.Equal(a.XXX_unrecognized, b.XXX_unrecognized)
}

func sameResources(a, b []*mesospb.Resource) bool {
	a, b = resources.Allocated(a, ""), resources.Allocated(b, "")
	return resources.Contains(a, b) && resources.Contains(b, a)
}

func sameCommand(a, b *mesospb.CommandInfo) bool {
	return a.GetValue() == b.GetValue() && a.GetUser() == b.GetUser() && a.GetShell() == b.GetShell() &&
		slices.Equal(a.GetArguments(), b.GetArguments()) &&
		slices.Equal(variables(a), variables(b)) && slices.Equal(uris(a), uris(b))
}

func variables(c *mesospb.CommandInfo) []string {
	var out []string
	for _, v := range c.GetEnvironment().GetVariables() {
		out = append(out, v.GetName()+"="+v.GetValue())
	}
	slices.Sort(out)
	return out
}

func uris(c *mesospb.CommandInfo) []string {
	var out []string
	for _, u := range c.GetUris() {
		flags := "-"
		if u.GetExecutable() {
			flags += "x"
		}
		if u.GetExtract() {
			flags += "e"
		}
		out = append(out, strings.Join([]string{u.GetValue(), flags, u.GetOutputFile()}, "\x00"))
	}
	slices.Sort(out)
	return out
}
