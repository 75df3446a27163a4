// Package house holds the tests of the rules that the whole repository keeps:
// what may import what, and that whoever reads an exported name finds its
// contract beside it. It has no code of its own.
package house
