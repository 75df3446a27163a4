package cgroupstats

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Interface holds the counters of a network interface.
type Interface struct {
	Name              string
	RxBytes, RxErrors uint64
	TxBytes, TxErrors uint64
}

// Interfaces reads the interfaces of process pid's network, without loopback.
func Interfaces(pid int) ([]Interface, error) { return interfaces("/proc", pid) }

func interfaces(proc string, pid int) ([]Interface, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "net", "dev"))
	if err != nil {
		return nil, err
	}
	var list []Interface
	for line := range strings.Lines(string(text)) {
		name, rest, ok := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if name = strings.TrimSpace(name); !ok || name == "lo" || len(fields) < 16 {
			continue
		}
		var n [16]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(fields[i], 10, 64)
		}
		list = append(list, Interface{Name: name, RxBytes: n[0], RxErrors: n[2], TxBytes: n[8], TxErrors: n[10]})
	}
	return list, nil
}
