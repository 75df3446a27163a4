package validate

import (
	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// Same checks what no update may change.
func Same(sent, stored *wire.Meta) Causes {
	var c Causes
	if sent.UID != "" && sent.UID != stored.UID {
		c.invalid("metadata.uid", sent.UID, "this is another object's: leave uid out, or fetch the object again")
	}
	return c
}

// ServiceUpdate checks what an update of a service may not change or leave out.
func ServiceUpdate(sent, stored *wire.Service) Causes {
	var c Causes
	if sent.ResourceVersion == 0 {
		c.invalid("metadata.resourceVersion", "", "fetch the service and send its resourceVersion")
	}
	if stored.PortalIP != "" && sent.PortalIP != stored.PortalIP {
		c.invalid("spec.portalIP", sent.PortalIP, "it cannot be changed: send "+stored.PortalIP)
	}
	return c
}

// PodSpec returns the cause for a pod update that changes more than images.
func PodSpec(sameContainers bool) Causes {
	var c Causes
	if !sameContainers {
		c.invalid("spec.containers", "another number of containers", "containers of a pod cannot be added or removed: make a new pod")
		return c
	}
	c.invalid("spec", "a change", "only a container's image can be changed: make a new pod for the rest")
	return c
}

// Host returns the cause for a status update that moves a pod.
func Host(host string) Causes {
	var c Causes
	c.invalid("status.host", host, "a pod stays on the host it was bound to")
	return c
}

// Version returns the cause for a watch whose start version is not a number.
func Version(text string) Causes {
	var c Causes
	c.invalid("resourceVersion", text, "give the resourceVersion of a list, a decimal number")
	return c
}
