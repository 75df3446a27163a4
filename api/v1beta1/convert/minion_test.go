package convert

import "testing"

func TestMinion(t *testing.T) {
	t.Parallel()
	both(t, MinionFromCore, MinionToCore, []example{{"full",
		`{"metadata":{"name":"m","labels":{"a":"b"},"annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"legacyHostIPs\":[\"10.0.0.1\"]}"}},
		  "spec":{"podCIDR":"10.1.0.0/24","unschedulable":true,"externalID":"x"},
		  "status":{"capacity":{"cpu":"1500m","memory":"1Ki"},"phase":"Running","addresses":[{"type":"InternalIP","address":"10.0.0.1"},{"type":"Hostname","address":"h"}],
		    "conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2014-10-01T00:00:00Z","lastTransitionTime":"2014-09-01T00:00:00Z","reason":"r","message":"m"}],
		    "nodeInfo":{"machineID":"1","systemUUID":"2","bootID":"3","kernelVersion":"4","osImage":"5","containerRuntimeVersion":"6","kubeletVersion":"7","kubeProxyVersion":"8"}}}`,
		`{"id":"m","labels":{"a":"b"},"hostIP":"10.0.0.1","podCIDR":"10.1.0.0/24","unschedulable":true,"externalID":"x","resources":{"capacity":{"cpu":"1.5","memory":1024}},
		  "status":{"phase":"Running","addresses":[{"type":"LegacyHostIP","address":"10.0.0.1"},{"type":"Hostname","address":"h"}],
		    "conditions":[{"kind":"Ready","status":"Full","lastProbeTime":"2014-10-01T00:00:00Z","lastTransitionTime":"2014-09-01T00:00:00Z","reason":"r","message":"m"}],
		    "nodeInfo":{"machineID":"1","systemUUID":"2","bootID":"3","kernelVersion":"4","osImage":"5","containerRuntimeVersion":"6","kubeletVersion":"7","KubeProxyVersion":"8"}}}`}})
	shown(t, MinionFromCore, []example{
		{"a node of core", `{"metadata":{"name":"m"},"status":{"addresses":[{"type":"ExternalIP","address":"1.2.3.4"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"10.0.0.2"}]}}`,
			`{"id":"m","externalID":"m","hostIP":"10.0.0.1","status":{"addresses":[{"type":"ExternalIP","address":"1.2.3.4"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"10.0.0.2"}]}}`},
		{"no address", `{"metadata":{"name":"m"},"status":{"addresses":[{"type":"Hostname","address":"h"}]}}`,
			`{"id":"m","externalID":"m","status":{"addresses":[{"type":"Hostname","address":"h"}]}}`},
	})
	created(t, MinionToCore, []example{
		{"hostIP alone is an address",
			`{"metadata":{"name":"m","annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"legacyHostIPs\":[\"10.0.0.1\"]}"}},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}}`,
			`{"id":"m","hostIP":"10.0.0.1","externalID":"m"}`},
		{"hostIP comes before the addresses",
			`{"metadata":{"name":"m","annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"legacyHostIPs\":[\"10.0.0.1\"]}"}},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"10.0.0.2"}]}}`,
			`{"id":"m","hostIP":"10.0.0.1","status":{"addresses":[{"type":"InternalIP","address":"10.0.0.2"}]}}`},
	})
}

func TestMinionUpdates(t *testing.T) {
	t.Parallel()
	updated(t, MinionToCore, []update{
		{"what is not shown stays",
			`{"metadata":{"name":"m"},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}],"providerID":"p"},"status":{"allocatable":{"cpu":"1"},"capacity":{"cpu":"1500100u"},"nodeInfo":{"architecture":"amd64"}}}`,
			`{"id":"m","externalID":"m","unschedulable":true,"resources":{"capacity":{"cpu":"1.501"}}}`,
			`{"metadata":{"name":"m"},"spec":{"taints":[{"key":"k","effect":"NoSchedule"}],"providerID":"p","unschedulable":true},"status":{"allocatable":{"cpu":"1"},"capacity":{"cpu":"1500100u"},"nodeInfo":{"architecture":"amd64"}}}`},
		{"a condition's finer time stays",
			`{"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2014-10-01T00:00:00Z"}]}}`,
			`{"status":{"conditions":[{"kind":"Ready","status":"None","lastProbeTime":"2014-10-01T00:00:00Z"},{"kind":"New","status":"Unknown"}]}}`,
			`{"status":{"conditions":[{"type":"Ready","status":"False","lastHeartbeatTime":"2014-10-01T00:00:00Z"},{"type":"New","status":"Unknown"}]}}`},
		{"an external id is set", `{"metadata":{"name":"m"}}`, `{"id":"m","externalID":"y"}`, `{"metadata":{"name":"m"},"spec":{"externalID":"y"}}`},
		{"an external id is changed to the name", `{"metadata":{"name":"m"},"spec":{"externalID":"y"}}`, `{"id":"m","externalID":"m"}`, `{"metadata":{"name":"m"},"spec":{"externalID":"m"}}`},
	})
}
