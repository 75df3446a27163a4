package localport

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/go-logr/logr"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
)

// recovering answers a request with 500 if its handler panics, and logs and counts the
// panic. A response that has begun is aborted instead.
func (n *counts) recovering(next http.Handler, log logr.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begun{ResponseWriter: w}
		outer := responsewriter.WrapForHTTP1Or2(begun)
		defer func() {
			why := recover()
			if why == nil {
				return
			}
			if why == http.ErrAbortHandler {
				panic(why) // a handler's way to abort a response
			}
			n.panics.Inc()
			log.Error(nil, fmt.Sprintf("panic in %s %q: %v\n%s", r.Method, r.URL.Path, why, debug.Stack()))
			if !begun.is {
				refuse(w, http.StatusInternalServerError, "the request made its handler panic: the log of framework_runner has the stack, please report it")
				return
			}
			http.NewResponseController(w).Flush() // what was written; the caller may be gone
			panic(http.ErrAbortHandler)
		}()
		next.ServeHTTP(outer, r)
	})
}

// begun is a writer that records whether the response has begun.
type begun struct {
	http.ResponseWriter
	is bool
}

// Unwrap returns the wrapped writer.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// WriteHeader begins the response.
func (b *begun) WriteHeader(code int) {
	b.is = b.is || code >= http.StatusOK
	b.ResponseWriter.WriteHeader(code)
}

func (b *begun) Write(p []byte) (int, error) {
	b.is = true
	return b.ResponseWriter.Write(p)
}
