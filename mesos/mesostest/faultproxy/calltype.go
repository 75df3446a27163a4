package faultproxy

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gogo/protobuf/proto"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// callType returns the type of a call, or "" if it is none.
func callType(r *http.Request, body []byte) string {
	if r.Header.Get("Content-Type") == "application/json" {
		var call struct{ Type string }
		json.Unmarshal(body, &call) // an unreadable body has no type
		return call.Type
	}
	if strings.HasSuffix(r.URL.Path, "/executor") {
		call := &mesospb.ExecutorCall{}
		if proto.Unmarshal(body, call) == nil && call.Type != nil {
			return call.GetType().String()
		}
		return ""
	}
	call := &mesospb.SchedulerCall{}
	if proto.Unmarshal(body, call) == nil && call.Type != nil {
		return call.GetType().String()
	}
	return ""
}
