// Package convert translates the objects of v1beta1 to core/v1 and back.
//
// Both directions are pure functions. From core is a view: it shows what
// v1beta1 has a place for. To core takes the v1beta1 object and also the core
// object that is stored now (or nil), and changes in it only what v1beta1 has a
// place for and the client has changed. So what v1 has and v1beta1 has not
// (affinity, init containers, managed fields, …) survives a GET → PUT round
// trip by construction, and
//
//	PodToCore(PodFromCore(c), c) == c
//
// holds for every c.
//
// The other way round, a few things that v1beta1 can say and core cannot (the
// case of a protocol, a numeric port written as text, a service that takes the
// pod's first port) are kept in one annotation, OriginalFieldsAnnotation, which v1beta1
// never shows.
package convert
