// Package wire holds the objects of the Kubernetes API "v1beta1" as JSON shows
// them: flat, the name called id, resourceVersion a number. It is data only;
// package convert translates it to and from core/v1, package validate says what
// is wrong with it.
//
// Shapes, member names and what is left out when empty follow Kubernetes
// 0.14.2. Members match without regard to case on input, as they did then, and
// unknown members are dropped.
package wire
