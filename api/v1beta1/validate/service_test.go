package validate

import "testing"

func TestService(t *testing.T) {
	t.Parallel()
	service := func(members string) string { return `{"id":"s","namespace":"n","port":80` + members + `}` }
	checkAll(t, Service, []faulty{
		{"plain", service(``), nil},
		{"any good", service(`,"protocol":"udp","containerPort":"web","selector":{"a":"b"},"sessionAffinity":"ClientIP","portalIP":"10.0.0.1","publicIPs":["1.2.3.4","any text"]`), nil},
		{"without an address", service(`,"portalIP":"None"`), nil},
		{"with an IPv6 address", service(`,"portalIP":"fd00::1"`), nil},
		{"name", `{"id":"1s","namespace":"n","port":80}`, []string{
			"Invalid metadata.name: invalid value '1s': " + serviceRule,
		}},
		{"long name", `{"id":"abcdefghijklmnopqrstuvwxy","namespace":"n","port":80}`, []string{
			"Invalid metadata.name: invalid value 'abcdefghijklmnopqrstuvwxy': " + serviceRule,
		}},
		{"no port", `{"id":"s","namespace":"n"}`, []string{
			"Invalid spec.port: invalid value '0': " + portRule,
		}},
		{"port beyond 32 bits", service(`,"port":4294967376`), []string{
			"Invalid spec.port: invalid value '4294967376': " + portRule,
		}},
		{"protocol", service(`,"protocol":"SCTP"`), []string{
			"NotSupported spec.protocol: unsupported value 'SCTP': use TCP or UDP",
		}},
		{"empty container port", service(`,"containerPort":""`), []string{
			"Required spec.containerPort: required value: name a port of the pods, give its number, or leave it out for their first port",
		}},
		{"container port", service(`,"containerPort":-1`), []string{
			"Invalid spec.containerPort: invalid value '-1': " + portRule + ", or 0 for the pods' first port",
		}},
		{"selector", service(`,"selector":{"k k":""}`), []string{
			"Invalid spec.selector: invalid value 'k k': as a key " + qualifiedRule,
		}},
		{"affinity", service(`,"sessionAffinity":"Cookie"`), []string{
			"NotSupported spec.sessionAffinity: unsupported value 'Cookie': use None or ClientIP",
		}},
		{"portal", service(`,"portalIP":"10.0.0"`), []string{
			"Invalid spec.portalIP: invalid value '10.0.0': leave it out, write None, or give an IP address",
		}},
		{"public addresses", service(`,"publicIPs":["127.0.0.1","0.0.0.0","::1"]`), []string{
			"Invalid spec.publicIPs: invalid value '127.0.0.1': give an address that others can reach",
			"Invalid spec.publicIPs: invalid value '0.0.0.0': give an address that others can reach",
			"Invalid spec.publicIPs: invalid value '::1': give an address that others can reach",
		}},
	})
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	const form = `write "ip:port", such as "10.0.0.1:80"`
	checkAll(t, Endpoints, []faulty{
		{"none", `{"id":"e","namespace":"n"}`, nil},
		{"subsets", `{"id":"e","namespace":"n","subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"port":80}]}]}`, nil},
		{"empty subset", `{"id":"e","namespace":"n","subsets":[{}]}`, []string{
			"Required subsets[0].addresses: required value: give at least one address",
			"Required subsets[0].ports: required value: give at least one port",
		}},
		{"port of a subset beyond 32 bits", `{"id":"e","namespace":"n","subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"port":1},{"port":4294967376}]}]}`, []string{
			"Invalid subsets[0].ports[1].port: invalid value '4294967376': " + portRule,
		}},
		{"old form", `{"id":"e","namespace":"n","endpoints":["10.0.0.1:80","[::1]:65535"]}`, nil},
		{"faults in the old form", `{"id":"e","namespace":"n","endpoints":["x:80","10.0.0.1","10.0.0.1:0","10.0.0.1:65536","10.0.0.1:http",""]}`, []string{
			"Invalid endpoints[0]: invalid value 'x:80': " + form,
			"Invalid endpoints[1]: invalid value '10.0.0.1': " + form,
			"Invalid endpoints[2]: invalid value '10.0.0.1:0': " + form,
			"Invalid endpoints[3]: invalid value '10.0.0.1:65536': " + form,
			"Invalid endpoints[4]: invalid value '10.0.0.1:http': " + form,
			"Invalid endpoints[5]: invalid value '': " + form,
		}},
		{"subsets come first", `{"id":"e","namespace":"n","endpoints":["x"],"subsets":[{"addresses":[{"IP":"10.0.0.1"}],"ports":[{"port":80}]}]}`, nil},
		{"name", `{"id":"E","namespace":"n"}`, []string{
			"Invalid metadata.name: invalid value 'E': " + subdomainRule,
		}},
	})
}
