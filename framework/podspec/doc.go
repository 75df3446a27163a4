// Package podspec reads pods: whether one is the framework's to run, and what it
// requires of an agent. It has no state.
package podspec
