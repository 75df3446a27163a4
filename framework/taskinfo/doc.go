// Package taskinfo describes tasks and executors to Mesos: pure translation, without
// state.
package taskinfo
