// Program rude does to a server what curl does not: it sends headers a byte at a
// time, resets streams, floods frames, and plays a kubelet that misbehaves. It
// serves scripts/attack.sh alone, and prints what came of it in one line.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
	rude slow HOST:PORT COUNT               connections that never end their header
	rude resets HOST:PORT COUNT             HTTP/2 streams that are opened and reset
	rude frames HOST:PORT PATH TOKEN COUNT  frames of no meaning on an exec
	rude again HOST:PORT PATH TOKEN SECOND  another request after a failed upgrade
	rude kubelet CERT KEY redirect|refuse   a kubelet; prints its port, then what it is asked
`

func main() {
	commands := map[string]struct {
		arguments int
		run       func([]string) (string, error)
	}{
		"slow": {2, slow}, "resets": {2, resets}, "frames": {4, frames}, "again": {4, again}, "kubelet": {3, kubelet},
	}
	if len(os.Args) < 2 {
		fail(usage)
	}
	c, known := commands[os.Args[1]]
	if !known || len(os.Args) != 2+c.arguments {
		fail(usage)
	}
	result, err := c.run(os.Args[2:])
	if err != nil {
		fail(err)
	}
	fmt.Println(result)
}

func fail(why any) {
	fmt.Fprintln(os.Stderr, "rude:", why)
	os.Exit(1)
}
