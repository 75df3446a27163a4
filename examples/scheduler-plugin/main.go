// Scheduler-plugin is framework_runner with a plugin of its own.
package main

import (
	"os"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework_runner/app"
)

func main() { os.Exit(app.Main(os.Args[1:], app.WithPlugin("Price", newPrice))) }
