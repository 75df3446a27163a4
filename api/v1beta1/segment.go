package v1beta1

import (
	"net/url"
	"strings"
	"unicode/utf8"

	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
)

// segments splits a URL's path and unescapes each part once: an escaped slash stays in
// its segment.
func segments(u *url.URL) []string {
	parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil { // always true for an escaped path
			parts[i] = plain
		}
	}
	return parts
}

// isSegment reports whether a name can be one segment of a path in core. Every name
// from a client is checked by it before a path is built: "." and ".." would address a
// parent, and a slash another object; bytes that are not text would be read as other
// text.
func isSegment(name string) bool {
	return name != "" && utf8.ValidString(name) && len(pathvalidation.IsValidPathSegmentName(name)) == 0
}

// checkSegments refuses a call whose namespace or name is not a segment. No such
// object can exist, so the answer is that it was not found.
func (c *call) checkSegments() error {
	if c.namespace != "" && !isSegment(c.namespace) {
		return notFound("namespace", c.namespace)
	}
	name, _, _ := strings.Cut(c.id, ":") // of /proxy and /redirect: name:port
	if c.id != "" && (!isSegment(c.id) || !isSegment(name)) {
		return notFound(c.errorKind, c.id)
	}
	return nil
}

// hasDotSegment reports whether a path has a segment "." or "..".
func hasDotSegment(path string) bool {
	for s := range strings.SplitSeq(path, "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return false
}
