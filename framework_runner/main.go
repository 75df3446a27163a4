// Framework_runner hosts the Kubernetes API and runs its pods on a Mesos
// cluster. What it does is in package app, so that it can be built with
// scheduler plugins of one's own.
package main

import (
	"os"

	"github.com/kubernetes-mesos/kubernetes-mesos/framework_runner/app"
)

func main() { os.Exit(app.Main(os.Args[1:])) }
