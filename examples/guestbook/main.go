// Command guestbook is the three programs of the guestbook example in one: a
// store that takes entries, replicas that follow it, and a front end.
//
//	guestbook master            keeps the entries, on port 6379
//	guestbook replica HOST:PORT follows a master and serves its entries, on port 6379
//	guestbook frontend          shows and takes entries by HTTP, on port 80
//
// The front end finds the others as containers of Kubernetes do, by the
// environment: REDIS_MASTER_SERVICE_HOST, REDIS_MASTER_SERVICE_PORT, and the
// same for REDIS_SLAVE. A replica without an argument looks there, too.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guestbook:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	role := ""
	if len(args) > 0 {
		role = args[0]
	}
	switch role {
	case "master":
		return serve(":6379", &book{})
	case "replica":
		master := service("REDIS_MASTER")
		if len(args) > 1 {
			master = args[1]
		}
		b := &book{}
		go follow(master, b)
		return serve(":6379", b)
	case "frontend":
		return frontend(":80", service("REDIS_MASTER"), service("REDIS_SLAVE"))
	}
	return fmt.Errorf("%q: say master, replica or frontend", role)
}

// service returns the address of a Kubernetes service, as the environment tells it.
func service(name string) string {
	return net.JoinHostPort(os.Getenv(name+"_SERVICE_HOST"), os.Getenv(name+"_SERVICE_PORT"))
}
