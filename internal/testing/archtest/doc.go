// Package archtest holds the tests of the rules that the whole repository keeps:
// what may import what, and that every exported name has its contract next to
// it. It has no code of its own.
package archtest
