package podnetwork

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/netnstest"
)

// Executors of a host may end at the same time: that another one was faster to remove what
// they share is no failure.
func TestExecutorsEndTogether(t *testing.T) {
	iptables, err := exec.LookPath("iptables")
	if err != nil {
		t.Fatal(err)
	}
	faster := fmt.Sprintf("#!/bin/sh\n[ \"$3\" != -D ] || %[1]s \"$@\"\nexec %[1]s \"$@\"\n", iptables)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "iptables"), []byte(faster), 0o700); err != nil {
		t.Fatal(err)
	}
	h := &host{Namespace: netnstest.New(t), t: t}
	h.net, err = New(Config{Ranges: []netip.Prefix{netip.MustParsePrefix("10.244.1.0/24")}, Owner: "framework/agent", MTU: 1500})
	if err != nil {
		t.Fatal(err)
	}
	h.Do(func() { h.Command("iptables", "-P", "FORWARD", "DROP") }) // as Docker does
	h.prepare()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	h.Do(func() {
		if err := RemoveOwner(t.Context(), "framework/agent"); err != nil {
			t.Error(err)
		}
	})
	if s := h.State(); strings.Contains(s, "kubernetes-mesos") {
		t.Errorf("left behind:\n%s", s)
	}
}
