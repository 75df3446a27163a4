package validate

import "testing"

// podIn returns a pod with these members of its manifest besides one good container.
func podIn(manifest string) string {
	if manifest != "" {
		manifest = "," + manifest
	}
	return `{"id":"p","namespace":"n","desiredState":{"manifest":{"containers":[{"name":"c","image":"i"}]` + manifest + `}}}`
}

func TestPod(t *testing.T) {
	t.Parallel()
	checkAll(t, Rules{}.Pod, []faulty{
		{"plain", podIn(``), nil},
		{"empty", `{}`, []string{
			"Required metadata.name: required value: give the object an id",
			"Required metadata.namespace: required value: name a namespace in the query (?namespace=default), or leave the parameter out",
			"Required spec.containers: required value: give desiredState.manifest.containers at least one container",
		}},
		{"containers", `{"id":"p","namespace":"n","desiredState":{"manifest":{"containers":[{"name":"X"},{"name":"c","image":"i"},{"name":"c","image":"i"},{"image":"i"}]}}}`, []string{
			"Invalid spec.containers[0].name: invalid value 'X': " + labelRule,
			"Required spec.containers[0].image: required value: name the image to run",
			"Duplicate spec.containers[2].name: duplicate value 'c': each may be used once",
			"Required spec.containers[3].name: required value: give the container a name",
		}},
		{"host port of two containers", `{"id":"p","namespace":"n","desiredState":{"manifest":{"containers":[{"name":"a","image":"i","ports":[{"containerPort":1,"hostPort":9}]},{"name":"b","image":"i","ports":[{"containerPort":2,"hostPort":9}]}]}}}`, []string{
			"Duplicate spec.containers[1].port: duplicate value '9': each may be used once",
		}},
		{"DNS policies", podIn(`"dnsPolicy":"Default"`), nil},
		{"DNS policy", podIn(`"dnsPolicy":"None"`), []string{
			"NotSupported spec.dnsPolicy: unsupported value 'None': use ClusterFirst or Default",
		}},
		{"node selector", `{"id":"p","namespace":"n","nodeSelector":{"k k":"v v"},"desiredState":{"manifest":{"containers":[{"name":"c","image":"i"}]}}}`, []string{
			"Invalid spec.nodeSelector: invalid value 'k k': as a key " + qualifiedRule,
			"Invalid spec.nodeSelector: invalid value 'v v': as a value " + valueRule,
		}},
		{"labels", `{"id":"p","namespace":"n","labels":{"":"x"},"desiredState":{"manifest":{"containers":[{"name":"c","image":"i"}]}}}`, []string{
			"Invalid metadata.labels: invalid value '': as a key " + qualifiedRule,
		}},
		{"network of the host", `{"id":"p","namespace":"n","desiredState":{"manifest":{"hostNetwork":true,"containers":[{"name":"c","image":"i","ports":[{"containerPort":80},{"containerPort":81,"hostPort":82}]}]}}}`, []string{
			"Invalid spec.hostNetwork.containerPort: invalid value '81': on the host's network hostPort and containerPort must be equal",
		}},
	})
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	const at = "spec.volumes[0]"
	checkAll(t, Rules{}.Pod, []faulty{
		{"any good", podIn(`"volumes":[{"name":"a"},{"name":"b","source":{"emptyDir":{}}},{"name":"c","source":{"hostDir":{"path":"/x"}}},{"name":"d","source":{"nfs":{"server":"s","path":"/"}}},{"name":"e","source":{"gitRepo":{"repository":"r"}}},{"name":"f","source":{"secret":{"target":{"name":"s"}}}},{"name":"g","source":{"persistentDisk":{"pdName":"d","fsType":"ext4","partition":255}}}]`), nil},
		{"no name", podIn(`"volumes":[{}]`), []string{
			"Required " + at + ".name: required value: give the volume a name",
		}},
		{"name", podIn(`"volumes":[{"name":"B"}]`), []string{
			"Invalid " + at + ".name: invalid value 'B': " + labelRule,
		}},
		{"name twice", podIn(`"volumes":[{"name":"e"},{"name":"e"}]`), []string{
			"Duplicate spec.volumes[1].name: duplicate value 'e': each may be used once",
		}},
		{"a faulty one does not take its name", podIn(`"volumes":[{"name":"e","source":{"hostDir":{}}},{"name":"e"}]`), []string{
			"Required " + at + ".source.hostPath.path: required value: name a directory of the host",
		}},
		{"two sources", podIn(`"volumes":[{"name":"d","source":{"emptyDir":{},"gitRepo":{"repository":"r"}}}]`), []string{
			"Invalid " + at + ".source: invalid value '2 sources': give one source, or none for an empty directory",
		}},
		{"hostDir", podIn(`"volumes":[{"name":"a","source":{"hostDir":{}}}]`), []string{
			"Required " + at + ".source.hostPath.path: required value: name a directory of the host",
		}},
		{"gitRepo", podIn(`"volumes":[{"name":"a","source":{"gitRepo":{"revision":"x"}}}]`), []string{
			"Required " + at + ".source.gitRepo.repository: required value: give the repository's address",
		}},
		{"persistentDisk", podIn(`"volumes":[{"name":"a","source":{"persistentDisk":{"partition":256}}}]`), []string{
			"Required " + at + ".source.persistentDisk.pdName: required value: name the disk",
			"Required " + at + ".source.persistentDisk.fsType: required value: name the file system, such as ext4",
			"Invalid " + at + ".source.persistentDisk.partition: invalid value '256': use 0 to 255",
		}},
		{"secret", podIn(`"volumes":[{"name":"a","source":{"secret":{}}}]`), []string{
			"Required " + at + ".source.secret.secretName: required value: name the secret in target.name",
		}},
		{"nfs", podIn(`"volumes":[{"name":"a","source":{"nfs":{}}}]`), []string{
			"Required " + at + ".source.nfs.server: required value: name the server",
			"Required " + at + ".source.nfs.path: required value: name the exported directory",
			"Invalid " + at + ".source.nfs.path: invalid value '': begin with '/'",
		}},
		{"nfs with a relative path", podIn(`"volumes":[{"name":"a","source":{"nfs":{"server":"s","path":"x"}}}]`), []string{
			"Invalid " + at + ".source.nfs.path: invalid value 'x': begin with '/'",
		}},
	})
}

// controllerWith returns a controller with these members of its desired state besides a
// good selector and template, and these of the template's manifest.
func controllerWith(state, manifest string) string {
	if state != "" {
		state = "," + state
	}
	if manifest != "" {
		manifest = "," + manifest
	}
	return `{"id":"rc","namespace":"n","desiredState":{"replicaSelector":{"a":"b"},"podTemplate":{"labels":{"a":"b"},"desiredState":{"manifest":{"containers":[{"name":"c","image":"i"}]` +
		manifest + `}}}` + state + `}}`
}

func TestController(t *testing.T) {
	t.Parallel()
	const disk = `"volumes":[{"name":"d","source":{"persistentDisk":{"pdName":"x","fsType":"ext4"}}}]`
	checkAll(t, Rules{}.Controller, []faulty{
		{"plain", controllerWith(``, ``), nil},
		{"most replicas", controllerWith(`"replicas":2147483647`, ``), nil},
		{"negative", controllerWith(`"replicas":-1`, ``), []string{
			"Invalid spec.replicas: invalid value '-1': use 0 or more",
		}},
		{"replicas beyond 32 bits", controllerWith(`"replicas":4294967297`, ``), []string{
			"Invalid spec.replicas: invalid value '4294967297': use at most 2147483647",
		}},
		{"no selector", controllerWith(`"replicaSelector":null`, ``), []string{
			"Required spec.selector: required value: give desiredState.replicaSelector the labels of the pods to keep",
		}},
		{"labels do not match", controllerWith(`"replicaSelector":{"a":"c"}`, ``), []string{
			"Invalid spec.template.labels: invalid value 'map[a:b]': the template's labels must match replicaSelector",
		}},
		{"shared disk", controllerWith(`"replicas":2`, disk), []string{
			"Invalid spec.template.spec.volumes.GCEPersistentDisk.ReadOnly: invalid value 'false': more than one pod can share a disk only if it is readOnly",
		}},
		{"disk of one pod", controllerWith(`"replicas":1`, disk), nil},
		{"restart policy", controllerWith(``, `"restartPolicy":{"onFailure":{}}`), []string{
			`NotSupported spec.template.restartPolicy: unsupported value 'OnFailure': use {"always":{}}: a controller's pods are kept running`,
		}},
		{"template", `{"id":"rc","namespace":"n","desiredState":{"replicaSelector":{"a":"b"},"podTemplate":{"labels":{"a":"b","k k":""},"annotations":{"a b":""},"desiredState":{"manifest":{"dnsPolicy":"X"}}}}}`, []string{
			"Invalid spec.template.labels: invalid value 'k k': as a key " + qualifiedRule,
			"Invalid spec.template.annotations: invalid value 'a b': as a key " + qualifiedRule,
			"Required spec.template.spec.containers: required value: give desiredState.manifest.containers at least one container",
			"NotSupported spec.template.spec.dnsPolicy: unsupported value 'X': use ClusterFirst or Default",
		}},
	})
}
