package backend

import (
	"strings"
	"unicode/utf8"

	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
)

// Root is the path of core/v1 in the API server.
const Root = "/api/v1"

// Path returns the path of a resource, or of what more names below it. namespace is empty
// for all namespaces, and for resources without namespaces. Each argument is one segment
// (IsSegment) and stays one: the path is not cleaned, and is escaped when a request is
// built.
func Path(namespace, resource string, more ...string) string {
	segments := []string{Root}
	if namespace != "" {
		segments = append(segments, "namespaces", namespace)
	}
	segments = append(segments, resource)
	return strings.Join(append(segments, more...), "/")
}

// IsSegment reports whether a name can be one segment of a path in core. Every name
// from a client is checked by it before a path is built: "." and ".." would address a
// parent, and a slash another object; bytes that are not text would be read as other
// text.
func IsSegment(name string) bool {
	return name != "" && utf8.ValidString(name) && len(pathvalidation.IsValidPathSegmentName(name)) == 0
}
