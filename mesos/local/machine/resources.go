// Package machine is what the agents of a local Mesos share: the resources and the loopback
// ports of the machine they are on.
package machine

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

// The host ports that agents on one machine share.
const (
	firstPort = 31000
	lastPort  = 32000
)

// Resources returns the resources of each agent: those in text, in the syntax of an agent's
// --resources flag, and the machine's for the rest. Every agent gets all of the machine's
// cpus and disk and three quarters of its memory; ports are split, as pods of two agents
// on one host cannot have the same.
func Resources(text string, agents int, workDir string) ([][]*mesospb.Resource, error) {
	given, err := resources.Parse(text)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, r := range given {
		names[r.GetName()] = true
	}
	out := make([][]*mesospb.Resource, agents)
	for i := range out {
		var own []string
		for _, name := range []string{"cpus", "mem", "disk", "ports"} {
			if names[name] {
				continue
			}
			value, err := machineResource(name, workDir, i, agents)
			if err != nil {
				return nil, fmt.Errorf("%s of this machine: %w", name, err)
			}
			own = append(own, name+":"+value)
		}
		more, err := resources.Parse(strings.Join(own, ";"))
		if err != nil {
			return nil, err
		}
		out[i] = resources.Add(more, given...)
	}
	return out, nil
}

func machineResource(name, workDir string, agent, agents int) (string, error) {
	switch name {
	case "cpus":
		return fmt.Sprint(runtime.NumCPU()), nil
	case "mem":
		total, err := memory()
		return fmt.Sprint(total * 3 / 4), err
	case "disk":
		var fs syscall.Statfs_t
		err := syscall.Statfs(workDir, &fs)
		return fmt.Sprint(fs.Bavail * uint64(fs.Bsize) / 2 >> 20), err
	}
	n := lastPort - firstPort + 1
	if agents > n {
		return "", errors.New("there are more agents than ports; name the ports")
	}
	begin, end := firstPort+agent*n/agents, firstPort+(agent+1)*n/agents-1
	return fmt.Sprintf("[%d-%d]", begin, end), nil
}

// memory returns the machine's memory, in MB.
func memory() (int64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kb int64
		if _, err := fmt.Sscanf(s.Text(), "MemTotal: %d kB", &kb); err == nil {
			return kb >> 10, nil
		}
	}
	return 0, errors.New("/proc/meminfo has no MemTotal")
}
