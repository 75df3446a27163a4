// Package validate says what is wrong with an object of v1beta1: every fault,
// each with the field, the reason and the cure. Fields are spelt as servers of
// the time spelt them (metadata.name, spec.containers[0].image), since clients
// show them.
//
// What core/v1 alone knows (an address that is taken, a quota) is left to the
// API server behind.
package validate
