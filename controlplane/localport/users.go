package localport

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/user"
	"strconv"
)

// Users are those who may use the local port, as the machine's kernel knows them.
// The zero value admits only root and the user of this process.
type Users struct {
	all     bool
	uids    map[uint32]bool
	setting string
}

// ParseUsers returns root, the user of this process and those in list: names,
// uids, or "*" for all users. Those who are refused are told that setting admits them.
func ParseUsers(list []string, setting string) (Users, error) {
	u := Users{uids: map[uint32]bool{}, setting: setting}
	for _, name := range list {
		if name == "*" {
			u.all = true
			continue
		}
		uid := name
		if known, err := user.Lookup(name); err == nil {
			uid = known.Uid
		}
		n, err := strconv.ParseUint(uid, 10, 32)
		if err != nil {
			return Users{}, fmt.Errorf("user %q is not known on this machine: give a name of /etc/passwd, a uid, or * for everybody", name)
		}
		u.uids[uint32(n)] = true
	}
	return u, nil
}

// refusal returns why the peer of c may not use the local port, or "". A peer that
// the kernel cannot identify is refused: it is on another machine or in another
// network namespace, or it has closed its socket.
func (u Users) refusal(c net.Conn) string {
	if u.all {
		return ""
	}
	uid, err := peerUID(c)
	if err != nil {
		return fmt.Sprintf("the user behind %s is not known (%v): connect from a process of this machine, or have the server started with %s=*", c.RemoteAddr(), err, u.setting)
	}
	if uid == 0 || uid == uint32(os.Geteuid()) || u.uids[uid] {
		return ""
	}
	return fmt.Sprintf("uid %d may not use it: %[2]s=%[1]d lets it in", uid, u.setting)
}

type refusalKey struct{}

// refusal is the answer to every request on a connection.
type refusal struct {
	code int
	why  string
}

// mark checks a new connection once, for all its requests.
func (u Users) mark(ctx context.Context, c net.Conn) context.Context {
	if reason := u.refusal(c); reason != "" {
		return context.WithValue(ctx, refusalKey{}, refusal{http.StatusForbidden, reason})
	}
	if kept, ok := c.(*conn); ok && kept.tooMany {
		return context.WithValue(ctx, refusalKey{}, refusal{http.StatusServiceUnavailable, "too many connections are open: close some, or use one for several requests"})
	}
	return ctx
}

// admitted passes on requests of connections that mark has not refused.
func admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if no, refused := r.Context().Value(refusalKey{}).(refusal); refused {
			w.Header().Set("Connection", "close")
			refuse(w, no.code, no.why)
			return
		}
		next.ServeHTTP(w, r)
	})
}
