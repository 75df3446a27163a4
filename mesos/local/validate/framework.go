package validate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// Framework returns what is wrong with a subscription's content.
func Framework(info *mesospb.FrameworkInfo, suppressed []string, old bool) string {
	if id := info.GetId().GetValue(); id != "" {
		if p := ID(id); p != "" {
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
	roles := Roles(info)
	for i, role := range roles {
		if p := frameworkRoleProblem(role, old); p != "" {
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

// Roles returns the roles in which a framework takes offers.
func Roles(info *mesospb.FrameworkInfo) []string {
	for _, c := range info.Capabilities {
		if c.GetType() == mesospb.FrameworkInfo_Capability_MULTI_ROLE {
			return info.Roles
		}
	}
	return []string{info.GetRole()}
}

func frameworkRoleProblem(role string, old bool) string {
	if old {
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

// ID returns why an id chosen by a framework is not allowed; the id may
// become a directory name.
func ID(id string) string {
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
