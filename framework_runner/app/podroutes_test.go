package app

import (
	"strings"
	"testing"
)

// Where this process sets no routes to pods, it says at its start who does and what works.
func TestOthersRoute(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"-pod_network=docker":                    "Docker connects its pods",
		"-pod_network=cni":                       "join it to their network",
		"-pod_network=routed -pod_routes=none":   "-pod_routes=none",
		"-pod_network=routed":                    "",
		"-pod_network=routed -pod_routes=vxlan":  "",
		"-pod_network=routed -mesos_master=none": "",
	} {
		got := othersRoute(parsed(t, strings.Fields(args)...))
		if !strings.Contains(got, says) || (got == "") != (says == "") || got != "" && !strings.Contains(got, "/proxy") {
			t.Errorf("%s: %q", args, got)
		}
	}
	if got := prefixes("10.244.7.7/16, fd00::/48"); len(got) != 2 || got[0].String() != "10.244.0.0/16" {
		t.Errorf("got %v", got)
	}
}
