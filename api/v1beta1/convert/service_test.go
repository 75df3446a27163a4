package convert

import (
	"testing"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1/wire"
)

func TestService(t *testing.T) {
	t.Parallel()
	both(t, ServiceFromCore, ServiceToCore, []example{
		{"full",
			`{"metadata":{"name":"s","labels":{"a":"b"}},"spec":{"selector":{"c":"d"},"type":"LoadBalancer","externalIPs":["1.2.3.4"],"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],
			  "sessionAffinity":"ClientIP","ports":[{"port":80,"protocol":"TCP","targetPort":8080}]}}`,
			`{"id":"s","labels":{"a":"b"},"selector":{"c":"d"},"createExternalLoadBalancer":true,"publicIPs":["1.2.3.4"],"portalIP":"10.0.0.1",
			  "sessionAffinity":"ClientIP","port":80,"protocol":"TCP","containerPort":8080}`},
		{"named port",
			`{"metadata":{"name":"s"},"spec":{"ports":[{"port":80,"protocol":"UDP","targetPort":"web"}]}}`,
			`{"id":"s","port":80,"protocol":"UDP","containerPort":"web"}`},
		{"first port of the pods",
			`{"metadata":{"name":"s","annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"firstPort\":true}"}},"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}]}}`,
			`{"id":"s","port":80,"protocol":"TCP"}`},
		{"protocol in small letters",
			`{"metadata":{"name":"s","annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"protocol\":\"udp\"}"}},"spec":{"ports":[{"port":80,"protocol":"UDP","targetPort":1}]}}`,
			`{"id":"s","port":80,"protocol":"udp","containerPort":1}`},
	})
	shown(t, ServiceFromCore, []example{
		{"several ports", `{"spec":{"ports":[{"port":80,"targetPort":1},{"port":81,"targetPort":2}]}}`, `{"port":80,"containerPort":1}`},
		{"no port", `{"spec":{"clusterIP":"None"}}`, `{"portalIP":"None"}`},
	})
}

// An absent selector and an empty one differ in v1beta1, and are one in core.
func TestServiceSelectors(t *testing.T) {
	t.Parallel()
	for text, all := range map[string]bool{`{"selector":{}}`: true, `{"selector":null}`: false, `{}`: false} {
		core := ServiceToCore(parse[wire.Service](t, text), nil)
		if got := ServiceFromCore(core).Selector; (got != nil) != all || len(got) != 0 {
			t.Errorf("%s is shown as %#v", text, got)
		}
		core.Spec.Selector = map[string]string{"a": "b"}
		if got := ServiceFromCore(core).Selector; got["a"] != "b" {
			t.Errorf("%s: a selector set through core is shown as %#v", text, got)
		}
	}
}

func TestServiceUpdates(t *testing.T) {
	t.Parallel()
	updated(t, ServiceToCore, []update{
		{"other ports and a node's port stay",
			`{"spec":{"type":"NodePort","ports":[{"name":"a","port":80,"nodePort":30080,"protocol":"TCP","targetPort":1},{"name":"b","port":81}]}}`,
			`{"port":90,"protocol":"TCP","containerPort":2}`,
			`{"spec":{"type":"NodePort","ports":[{"name":"a","port":90,"nodePort":30080,"protocol":"TCP","targetPort":2},{"name":"b","port":81,"targetPort":0}]}}`},
		{"a load balancer is given up", `{"spec":{"type":"LoadBalancer"}}`, `{}`, `{"spec":{"type":"ClusterIP"}}`},
		{"the second address stays with the first",
			`{"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"]}}`, `{"portalIP":"10.0.0.1"}`,
			`{"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"]}}`},
		{"and goes with it", `{"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"]}}`, `{"portalIP":"10.0.0.2"}`,
			`{"spec":{"clusterIP":"10.0.0.2","clusterIPs":["10.0.0.2"]}}`},
		{"the affinity's settings stay",
			`{"spec":{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":9}}}}`, `{"sessionAffinity":"ClientIP"}`,
			`{"spec":{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":9}}}}`},
		{"and go with it",
			`{"spec":{"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":9}}}}`, `{"sessionAffinity":"None"}`,
			`{"spec":{"sessionAffinity":"None"}}`},
		{"a service without ports stays so", `{"spec":{"clusterIP":"None"}}`, `{"portalIP":"None"}`, `{"spec":{"clusterIP":"None"}}`},
		{"the note of the first port goes with it",
			`{"metadata":{"annotations":{"kubernetes-mesos/v1beta1-as-sent":"{\"firstPort\":true}"}},"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}]}}`,
			`{"port":80,"protocol":"TCP","containerPort":81}`,
			`{"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":81}]}}`},
	})
}
