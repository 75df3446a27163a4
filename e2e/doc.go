// Package e2e tests the whole system as its users meet it: the two programs as
// built by build.sh, the local Mesos, real executors, the real Docker. Each test
// is a promise of the README or of docs/why.md. It needs root and Docker
// (scripts/docker.sh); what is missing is a failure, not a skip.
package e2e
