package operations

import (
	"fmt"
	"path/filepath"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/local/validate"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/resources"
)

func (at Place) reserve(r *mesospb.Resource) string {
	info := resources.Reservation(r)
	switch {
	case info == nil || info.GetRole() == "*":
		return fmt.Sprintf("Resource %s is not dynamically reserved", format(r))
	case info.GetRole() != at.Role:
		return fmt.Sprintf("A reserve operation was attempted for a resource allocated to role '%s', but reserved to role '%s'", at.Role, info.GetRole())
	case at.Principal != "" && info.GetPrincipal() != at.Principal:
		return fmt.Sprintf("A reserve operation was attempted by principal '%s', but there is a reserved resource in the request with principal '%s' set in `ReservationInfo`", at.Principal, info.GetPrincipal())
	case resources.VolumeID(r) != "":
		return fmt.Sprintf("A persistent volume %s must already be reserved", format(r))
	}
	return validate.Amount(r)
}

func (at Place) unreserve(r *mesospb.Resource) string {
	switch {
	case resources.Reservation(r) == nil:
		return fmt.Sprintf("Resource %s is not dynamically reserved", format(r))
	case resources.VolumeID(r) != "":
		return fmt.Sprintf("A dynamically reserved persistent volume %s cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource", format(r))
	}
	return validate.Amount(r)
}

func (at Place) create(r *mesospb.Resource) string {
	if problem := volume(r); problem != "" {
		return problem
	}
	persistence, id := r.Disk.Persistence, resources.VolumeID(r)
	if at.Principal != "" && persistence.GetPrincipal() != at.Principal {
		return fmt.Sprintf("A create operation was attempted by principal '%s', but there is a volume in the operation with principal '%s' set in `DiskInfo.Persistence`", at.Principal, persistence.GetPrincipal())
	}
	for _, other := range at.Total {
		if resources.VolumeID(other) == id && resources.Role(other) == resources.Role(r) {
			return fmt.Sprintf("Persistence ID '%s' already exists", id)
		}
	}
	return validate.Amount(r)
}

func (at Place) destroy(r *mesospb.Resource) string {
	if problem := volume(r); problem != "" {
		return problem
	}
	if !resources.Contains(at.Total, []*mesospb.Resource{r}) {
		return "Persistent volumes not found"
	}
	return ""
}

// volume returns why r is not a persistent volume.
func volume(r *mesospb.Resource) string {
	v := r.GetDisk().GetVolume()
	switch {
	case r.GetName() != "disk" || r.Disk == nil:
		return fmt.Sprintf("Resource %s does not have DiskInfo", format(r))
	case r.Disk.Persistence == nil:
		return "'persistence' is not set in DiskInfo"
	case v == nil:
		return "Expecting 'volume' to be set for persistent volume"
	case v.HostPath != nil:
		return "Expecting 'host_path' to be unset for persistent volume"
	case !filepath.IsLocal(v.GetContainerPath()):
		return fmt.Sprintf("Path '%s' of a persistent volume does not lead into the sandbox", v.GetContainerPath())
	case resources.Role(r) == "*":
		return fmt.Sprintf("Persistent volume %s is not reserved", format(r))
	}
	return validate.ID(resources.VolumeID(r))
}

func format(r *mesospb.Resource) string { return resources.Format([]*mesospb.Resource{r}) }
