package clusterdns

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// api serves lists of what a DNS server needs, and watches on which nothing happens.
func api(t testing.TB, services []v1.Service, slices []discoveryv1.EndpointSlice) *rest.Config {
	t.Helper()
	version := metav1.ListMeta{ResourceVersion: "1"}
	lists := map[string]any{
		"services":       v1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}, ListMeta: version, Items: services},
		"namespaces":     v1.NamespaceList{TypeMeta: metav1.TypeMeta{Kind: "NamespaceList", APIVersion: "v1"}, ListMeta: version, Items: []v1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "default"}}}},
		"endpointslices": discoveryv1.EndpointSliceList{TypeMeta: metav1.TypeMeta{Kind: "EndpointSliceList", APIVersion: "discovery.k8s.io/v1"}, ListMeta: version, Items: slices},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		q := r.URL.Query()
		switch {
		case q.Get("sendInitialEvents") == "true": // an older API server: a list is asked for instead
			w.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: metav1.StatusReasonInvalid, Code: 422})
		case q.Get("watch") != "":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			_ = json.NewEncoder(w).Encode(lists[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]])
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return &rest.Config{Host: server.URL}
}

// service returns a service of the namespace default with a port named http.
func service(name, ip string, change ...func(*v1.Service)) v1.Service {
	s := v1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}, Spec: v1.ServiceSpec{
		ClusterIP: ip, ClusterIPs: []string{ip}, Type: v1.ServiceTypeClusterIP, Ports: []v1.ServicePort{{Name: "http", Protocol: v1.ProtocolTCP, Port: 80}}}}
	for _, c := range change {
		c(&s)
	}
	return s
}

// slice returns the endpoints of a service, by host names.
func slice(service string, family discoveryv1.AddressType, hosts map[string]string) discoveryv1.EndpointSlice {
	ready, name, port, protocol := true, "http", int32(8080), v1.ProtocolTCP
	s := discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: service + "-" + strings.ToLower(string(family)), Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		AddressType: family, Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &protocol}}}
	for host, ip := range hosts {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{ip}, Hostname: &host, Conditions: discoveryv1.EndpointConditions{Ready: &ready}})
	}
	return s
}

// resolver serves names of outside at an address of loopback, as a machine's resolver does,
// and counts what it is asked. It returns a file that names it.
func resolver(t testing.TB, address string, answers dns.HandlerFunc) string {
	t.Helper()
	up := make(chan struct{})
	s := &dns.Server{Addr: address + ":53", Net: "udp", Handler: answers, NotifyStartedFunc: func() { close(up) }}
	ended := make(chan error, 1)
	go func() { ended <- s.ListenAndServe() }()
	select {
	case <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Shutdown() })
	return resolvConf(t, "nameserver "+address+"\n")
}

// outside answers every A query with one address.
func outside(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	if q.Question[0].Qtype == dns.TypeA {
		rr, _ := dns.NewRR(q.Question[0].Name + " 60 IN A 198.51.100.7")
		m.Answer = []dns.RR{rr}
	}
	_ = w.WriteMsg(m)
}

var nodeAddress = netip.MustParseAddr("127.0.0.1")
