// Package e2e tests the whole system as its users meet it: the two programs as
// built by build.sh, the local Mesos, real executors, the real Docker. Each test
// is a promise of the README, docs/why.md or docs/faults.md. It needs root and
// Docker (scripts/docker.sh); what is missing fails in CI (CI=true), and elsewhere
// fails or skips the test.
package e2e
