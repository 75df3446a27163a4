package local

import (
	"crypto/subtle"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// validateSchedulerCall checks that a call has the fields its type needs.
func validateSchedulerCall(c *mesospb.SchedulerCall) *failure {
	problem := schedulerCallProblem(c)
	if problem == "" {
		return nil
	}
	return fail(http.StatusBadRequest, "Failed to validate scheduler::Call: %s", problem)
}

func schedulerCallProblem(c *mesospb.SchedulerCall) string {
	if c.Type == nil {
		return "Expecting 'type' to be present"
	}
	type T = mesospb.SchedulerCall_Type
	body := map[T]bool{ // whether the type's body is present
		mesospb.SchedulerCall_SUBSCRIBE:              c.Subscribe != nil,
		mesospb.SchedulerCall_ACCEPT:                 c.Accept != nil,
		mesospb.SchedulerCall_DECLINE:                c.Decline != nil,
		mesospb.SchedulerCall_KILL:                   c.Kill != nil,
		mesospb.SchedulerCall_SHUTDOWN:               c.Shutdown != nil,
		mesospb.SchedulerCall_ACKNOWLEDGE:            c.Acknowledge != nil,
		mesospb.SchedulerCall_RECONCILE:              c.Reconcile != nil,
		mesospb.SchedulerCall_MESSAGE:                c.Message != nil,
		mesospb.SchedulerCall_ACCEPT_INVERSE_OFFERS:  c.AcceptInverseOffers != nil,
		mesospb.SchedulerCall_DECLINE_INVERSE_OFFERS: c.DeclineInverseOffers != nil,
	}
	if there, needed := body[c.GetType()]; needed && !there {
		return fmt.Sprintf("Expecting '%s' to be present", strings.ToLower(c.GetType().String()))
	}
	id := c.GetFrameworkId().GetValue()
	switch c.GetType() {
	case mesospb.SchedulerCall_SUBSCRIBE:
		if info := c.Subscribe.FrameworkInfo.GetId().GetValue(); info != id {
			return "'framework_id' differs from 'subscribe.framework_info.id'"
		}
		return ""
	case mesospb.SchedulerCall_UNKNOWN:
		return "'type' is unknown"
	case mesospb.SchedulerCall_ACKNOWLEDGE:
		if len(c.Acknowledge.GetUuid()) != 16 {
			return "'acknowledge.uuid' is no UUID of 16 bytes"
		}
	}
	if c.FrameworkId == nil {
		return "Expecting 'framework_id' to be present"
	}
	return ""
}

// validateFramework returns what is wrong with a subscription's content.
func (c *Config) validateFramework(info *mesospb.FrameworkInfo, suppressed []string) string {
	if id := info.GetId().GetValue(); id != "" {
		if p := idProblem(id); p != "" {
			return p
		}
	}
	multi := slices.ContainsFunc(info.Capabilities, func(c *mesospb.FrameworkInfo_Capability) bool {
		return c.GetType() == mesospb.FrameworkInfo_Capability_MULTI_ROLE
	})
	switch {
	case multi && info.Role != nil:
		return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
	case !multi && len(info.Roles) > 0:
		return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
	}
	roles := frameworkRoles(info)
	for i, role := range roles {
		if p := c.roleProblem(role); p != "" {
			return p
		}
		if slices.Contains(roles[:i], role) {
			return "'FrameworkInfo.roles' contains a duplicate item: " + role
		}
	}
	for _, role := range suppressed {
		if !slices.Contains(roles, role) {
			return fmt.Sprintf("Suppressed role '%s' is not one of the framework's roles", role)
		}
	}
	if t := info.GetFailoverTimeout(); math.IsNaN(t) || t > math.MaxInt64/1e9 {
		return fmt.Sprintf("The framework failover_timeout (%v) is invalid", t)
	}
	return ""
}

// frameworkRoles returns the roles in which a framework takes offers.
func frameworkRoles(info *mesospb.FrameworkInfo) []string {
	for _, c := range info.Capabilities {
		if c.GetType() == mesospb.FrameworkInfo_Capability_MULTI_ROLE {
			return info.Roles
		}
	}
	return []string{info.GetRole()}
}

func (c *Config) roleProblem(role string) string {
	if c.old() {
		return oldRoleProblem(role)
	}
	if p := roleProblem(role); p != "" {
		return "'FrameworkInfo.role' is not a valid role: " + p
	}
	return ""
}

func roleProblem(role string) string {
	if role == "" {
		return "Role names cannot be the empty string"
	}
	if role == "*" {
		return ""
	}
	for _, part := range strings.Split(role, "/") {
		switch {
		case part == "" || part == "." || part == ".." || part == "*" || strings.HasPrefix(part, "-"):
			return fmt.Sprintf("Role component '%s' is invalid", part)
		case strings.ContainsFunc(part, func(r rune) bool { return unicode.IsSpace(r) || r == '\b' }):
			return fmt.Sprintf("Role component '%s' is invalid because it contains backspace or whitespace", part)
		}
	}
	return ""
}

// idProblem returns why an id chosen by a framework is not allowed; the id may
// become a directory name.
func idProblem(id string) string {
	switch {
	case id == "":
		return "ID must not be empty"
	case len(id) > 255:
		return "ID must not be greater than 255 characters"
	case id == "." || id == "..":
		return fmt.Sprintf("'%s' is disallowed", id)
	case strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '/' || r == '\\' }):
		return fmt.Sprintf("'%s' contains invalid characters", id)
	}
	return ""
}

func equalSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
