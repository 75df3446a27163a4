// Command guestbook is the three programs of the guestbook example in one: a
// store that takes entries, replicas that follow it, and a front end.
//
//	guestbook master        keeps the entries, on port 6379
//	guestbook replica       follows the master and serves its entries, on port 6379
//	guestbook frontend      shows and takes entries by HTTP, on port 80
//	guestbook list SERVICE  prints the entries that a service has
//
// They find each other as the services redis-master and redis-slave. With the environment
// GET_HOSTS_FROM=dns a service is its name, which the cluster resolves; otherwise it is what
// Kubernetes tells containers in the environment, such as REDIS_MASTER_SERVICE_HOST.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guestbook:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch strings.Join(args, " ") {
	case "master":
		return serve(":6379", &book{})
	case "replica":
		b := &book{}
		go follow(service("redis-master"), b)
		return serve(":6379", b)
	case "frontend":
		return frontend(":80", service("redis-master"), service("redis-slave"))
	}
	if len(args) == 2 && args[0] == "list" {
		entries, err := ask(service(args[1]), "LIST")
		for _, entry := range entries {
			fmt.Println(entry)
		}
		return err
	}
	return fmt.Errorf("%q: say master, replica, frontend or list SERVICE", args)
}

// service returns the address of a service of the guestbook.
func service(name string) string {
	if os.Getenv("GET_HOSTS_FROM") == "dns" {
		return net.JoinHostPort(name, "6379")
	}
	variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_SERVICE_"
	return net.JoinHostPort(os.Getenv(variable+"HOST"), os.Getenv(variable+"PORT"))
}
