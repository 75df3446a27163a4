package localport

import (
	"net/http"
	"runtime/debug"

	"k8s.io/apiserver/pkg/endpoints/responsewriter"
)

// recovering answers a request whose handler panics with 500, and logs and counts
// it. An answer that has begun is broken off instead.
func (n *counts) recovering(next http.Handler, logf func(string, ...any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begun{ResponseWriter: w}
		outer := responsewriter.WrapForHTTP1Or2(begun)
		defer func() {
			why := recover()
			if why == nil {
				return
			}
			if why == http.ErrAbortHandler {
				panic(why) // a handler's way to break an answer off
			}
			n.panics.Inc()
			logf("local port: panic in %s %q: %v\n%s", r.Method, r.URL.Path, why, debug.Stack())
			if !begun.is {
				refuse(w, http.StatusInternalServerError, "the request made its handler panic: the log of framework_runner has the stack, please report it")
				return
			}
			http.NewResponseController(w).Flush() // of what was written; the caller may be gone
			panic(http.ErrAbortHandler)
		}()
		next.ServeHTTP(outer, r)
	})
}

// begun is a writer that knows whether an answer has begun.
type begun struct {
	http.ResponseWriter
	is bool
}

// Unwrap returns the writer in it.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// WriteHeader begins the answer.
func (b *begun) WriteHeader(code int) {
	b.is = b.is || code >= http.StatusOK
	b.ResponseWriter.WriteHeader(code)
}

func (b *begun) Write(p []byte) (int, error) {
	b.is = true
	return b.ResponseWriter.Write(p)
}
