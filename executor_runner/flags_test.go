package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/node"
)

// An error about a setting names the flag, and stays what it is; any other is unchanged.
func TestErrorsNameTheFlag(t *testing.T) {
	t.Parallel()
	for flag, cfg := range map[string]node.Config{
		"(-root_dir)":     {RootDir: "relative"},
		"(-node_address)": {RootDir: t.TempDir(), Address: "10.1.0.0/33"},
	} {
		_, err := node.New(cfg)
		var bad *node.ConfigError
		if named := withFlag(err); named == nil || !strings.HasSuffix(named.Error(), flag) || !errors.As(named, &bad) {
			t.Errorf("%+v: got %v, want it to end with %s", cfg, named, flag)
		}
	}
	other := errors.New("no Docker")
	if withFlag(other) != other || withFlag(nil) != nil {
		t.Error("an error that is about no setting has changed")
	}
}
