package wire

// Volume is a directory that the containers of a pod can share.
type Volume struct {
	Name   string       `json:"name"`
	Source VolumeSource `json:"source,omitempty"`
}

// VolumeSource is the content of a volume: at most one member is set, and none means
// emptyDir. All members are written.
type VolumeSource struct {
	HostDir        *HostDir        `json:"hostDir"`
	EmptyDir       *EmptyDir       `json:"emptyDir"`
	PersistentDisk *PersistentDisk `json:"persistentDisk"`
	GitRepo        *GitRepo        `json:"gitRepo"`
	Secret         *SecretVolume   `json:"secret"`
	NFS            *NFS            `json:"nfs"`
}

// HostDir is a directory of the host.
type HostDir struct {
	Path string `json:"path"`
}

// EmptyDir is a directory with the lifetime of the pod; medium is empty or Memory.
type EmptyDir struct {
	Medium string `json:"medium"`
}

// PersistentDisk is a disk of Google Compute Engine.
type PersistentDisk struct {
	PDName    string `json:"pdName"`
	FSType    string `json:"fsType"`
	Partition int    `json:"partition,omitempty"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// GitRepo is a Git checkout made when the pod starts.
type GitRepo struct {
	Repository string `json:"repository"`
	Revision   string `json:"revision"`
}

// SecretVolume presents a secret's values as files.
type SecretVolume struct {
	Target ObjectReference `json:"target"`
}

// NFS is a directory of an NFS server.
type NFS struct {
	Server   string `json:"server"`
	Path     string `json:"path"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}
