package convert

import (
	"reflect"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

// volumeFromCore converts a volume; a source that v1beta1 does not know is left
// out.
func volumeFromCore(in *corev1.Volume) wire.Volume {
	v := wire.Volume{Name: in.Name}
	switch s := &v.Source; {
	case in.HostPath != nil:
		s.HostDir = &wire.HostDir{Path: in.HostPath.Path}
	case in.EmptyDir != nil:
		s.EmptyDir = &wire.EmptyDir{Medium: string(in.EmptyDir.Medium)}
	case in.GCEPersistentDisk != nil:
		s.PersistentDisk = &wire.PersistentDisk{
			PDName: in.GCEPersistentDisk.PDName, FSType: in.GCEPersistentDisk.FSType,
			Partition: int(in.GCEPersistentDisk.Partition), ReadOnly: in.GCEPersistentDisk.ReadOnly,
		}
	case in.GitRepo != nil:
		s.GitRepo = &wire.GitRepo{Repository: in.GitRepo.Repository, Revision: in.GitRepo.Revision}
	case in.Secret != nil:
		s.Secret = &wire.SecretVolume{Target: wire.ObjectReference{Name: in.Secret.SecretName}}
	case in.NFS != nil:
		s.NFS = &wire.NFS{Server: in.NFS.Server, Path: in.NFS.Path, ReadOnly: in.NFS.ReadOnly}
	}
	return v
}

// volumeToCore keeps the stored source, including what v1beta1 does not show,
// unless the client sent a different one. No source means an empty directory,
// unless it stands for a stored source that v1beta1 does not know.
func volumeToCore(in *wire.Volume, stored *corev1.Volume) corev1.Volume {
	source := normalSource(in.Source)
	if stored != nil && reflect.DeepEqual(source, volumeFromCore(stored).Source) {
		return *stored
	}
	if source == (wire.VolumeSource{}) {
		source.EmptyDir = &wire.EmptyDir{}
		if stored != nil && reflect.DeepEqual(source, volumeFromCore(stored).Source) {
			return *stored
		}
	}
	out := corev1.Volume{Name: in.Name}
	if s := source.HostDir; s != nil {
		out.HostPath = &corev1.HostPathVolumeSource{Path: s.Path}
	}
	if s := source.EmptyDir; s != nil {
		out.EmptyDir = &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMedium(s.Medium)}
	}
	if s := source.PersistentDisk; s != nil {
		out.GCEPersistentDisk = &corev1.GCEPersistentDiskVolumeSource{
			PDName: s.PDName, FSType: s.FSType, Partition: int32(s.Partition), ReadOnly: s.ReadOnly,
		}
	}
	if s := source.GitRepo; s != nil {
		out.GitRepo = &corev1.GitRepoVolumeSource{Repository: s.Repository, Revision: s.Revision}
	}
	if s := source.Secret; s != nil {
		out.Secret = &corev1.SecretVolumeSource{SecretName: s.Target.Name}
	}
	if s := source.NFS; s != nil {
		out.NFS = &corev1.NFSVolumeSource{Server: s.Server, Path: s.Path, ReadOnly: s.ReadOnly}
	}
	return out
}

// normalSource returns a source as v1beta1 would show it: only the name of a
// secret's target.
func normalSource(s wire.VolumeSource) wire.VolumeSource {
	if s.Secret != nil {
		s.Secret = &wire.SecretVolume{Target: wire.ObjectReference{Name: s.Secret.Target.Name}}
	}
	return s
}
