package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// Pods find services, each other and the outside by name: by the cluster's DNS, by default,
// and otherwise as their dnsPolicy says.
func TestClusterDNS(t *testing.T) {
	guardRanges(t)
	s := newStage(t, "-pod_network=routed", "-resolv_conf="+outsideResolver(t))
	web := s.script(serving)
	web.Name, web.Labels = "web", map[string]string{"app": "web"}
	create(t, s.Cluster, web)
	makeService(t, s, v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}}}})
	makeService(t, s, v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "db"}, Spec: v1.ServiceSpec{
		ClusterIP: v1.ClusterIPNone, Selector: map[string]string{"app": "db"}, Ports: []v1.ServicePort{{Port: 8080}}}})
	db := s.script(serving)
	db.Spec.RestartPolicy = v1.RestartPolicyAlways
	if _, err := s.Client.AppsV1().StatefulSets("default").Create(t.Context(), &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "db"},
		Spec: appsv1.StatefulSetSpec{ServiceName: "db", Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}},
			Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "db"}}, Spec: db.Spec}}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	bin, err := filepath.Abs("../bin")
	if err != nil {
		t.Fatal(err)
	}
	for name, policy := range map[string]func(*v1.PodSpec){
		"client":  withKubectl(bin),
		"default": func(p *v1.PodSpec) { p.DNSPolicy = v1.DNSDefault },
		"host":    func(p *v1.PodSpec) { p.HostNetwork, p.DNSPolicy = true, v1.DNSClusterFirstWithHostNet },
		"none": func(p *v1.PodSpec) {
			p.DNSPolicy, p.DNSConfig = v1.DNSNone, &v1.PodDNSConfig{Nameservers: []string{"127.0.77.7"}, Searches: []string{"mine.example"}}
		},
	} {
		pod := s.script("exec sleep 1000000", policy)
		pod.Name = name
		create(t, s.Cluster, pod)
	}
	for _, name := range []string{"web", "client", "default", "host", "none", "db-0"} {
		awaitPhase(t, s.Cluster, name, v1.PodRunning)
	}
	// A guarded range cannot be reached by this machine's own programs either.
	host(t, "ip", "route", "add", "10.0.0.0/16", "dev", "lo", "src", get(t, s.Cluster, "host").Status.HostIP)
	t.Cleanup(func() { host(t, "ip", "route", "delete", "10.0.0.0/16", "dev", "lo") })
	for _, c := range []struct{ from, script, want string }{
		{"client", "wget -qO- http://web/cgi-bin/who", "web sees "},
		{"client", "wget -qO- http://web.default.svc.cluster.local/cgi-bin/who", "web sees "},
		{"client", "wget -qO- http://db-0.db:8080/cgi-bin/who", "db-0 sees "},
		{"client", askKubernetes, "ok"},
		{"client", "nslookup -type=a www.outside.example | tail -n +3", "Address: 198.51.100.7"},
		{"client", "nslookup -type=ptr 1.0.0.10.in-addr.arpa", "kubernetes.default.svc.cluster.local"},
		{"host", "wget -qO- http://web/cgi-bin/who", "web sees "},
		{"default", "cat /etc/resolv.conf", "nameserver 127.0.77.9\n"},
		{"none", "cat /etc/resolv.conf", "search mine.example\nnameserver 127.0.77.7\n"},
	} {
		awaitOutput(t, s, c.from, c.script, c.want)
	}
	const clusterFirst = "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.0.0.10\noptions ndots:5\n"
	for _, name := range []string{"web", "client", "host"} {
		if got := inPod(t, s, name, "cat /etc/resolv.conf"); got != clusterFirst {
			t.Errorf("%s has the resolv.conf\n%s", name, got)
		}
	}
	if err := s.Client.CoreV1().Services("kube-system").Delete(t.Context(), "kube-dns", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitOutput(t, s, "client", "nslookup web.default.svc.cluster.local 10.0.0.10", "Name:\tweb.default.svc.cluster.local")
}

// askKubernetes asks the API server by its name, as the pod's service account.
const askKubernetes = `cd /var/run/secrets/kubernetes.io/serviceaccount &&
	/kube/kubectl --server=https://kubernetes.default.svc --certificate-authority=ca.crt --token="$(cat token)" get --raw /healthz`

// withKubectl gives a pod the kubectl of a directory of this machine.
func withKubectl(dir string) func(*v1.PodSpec) {
	return func(p *v1.PodSpec) {
		p.Volumes = []v1.Volume{{Name: "kube", VolumeSource: v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: dir}}}}
		p.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "kube", MountPath: "/kube"}}
	}
}

func makeService(t *testing.T, s *stage, service v1.Service) {
	t.Helper()
	if _, err := s.Client.CoreV1().Services("default").Create(t.Context(), &service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// inPod returns what a shell script prints in a pod, or why it fails.
func inPod(t *testing.T, s *stage, pod, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	out, err := s.command(ctx, t, "", "exec", pod, "--", "sh", "-c", script).CombinedOutput()
	if err != nil {
		return err.Error() + " " + string(out)
	}
	return string(out)
}

// awaitOutput waits until a script prints want in a pod.
func awaitOutput(t *testing.T, s *stage, pod, script, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if got = inPod(t, s, pod, script); strings.Contains(got, want) {
			return
		}
	}
	t.Errorf("%s in %s: %s, want %s", script, pod, got, want)
}

// outsideResolver serves names of outside the cluster until the test ends, and returns a
// resolv.conf that names it.
func outsideResolver(t *testing.T) string {
	t.Helper()
	up := make(chan struct{})
	server := &dns.Server{Addr: "127.0.77.9:53", Net: "udp", NotifyStartedFunc: func() { close(up) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if name := q.Question[0].Name; strings.HasSuffix(name, ".outside.example.") && q.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: []byte{198, 51, 100, 7}}}
		}
		_ = w.WriteMsg(m)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	select {
	case <-up:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
	path := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(path, []byte("nameserver 127.0.77.9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The DNS server of a node ends with its executor. Names resolve there again within two
// seconds if another node has one, otherwise when the next executor has come up.
func TestFaultNamesWithoutExecutor(t *testing.T) {
	for agents, within := range map[int]time.Duration{1: 15 * time.Second, 2: 2 * time.Second} {
		t.Run(fmt.Sprint(agents), func(t *testing.T) { namesWithoutExecutor(t, agents, within) })
	}
}

func namesWithoutExecutor(t *testing.T, agents int, within time.Duration) {
	p := promised(t, fmt.Sprintf("an executor is killed with -pod_network=routed, on %d agents", agents), fmt.Sprint("names resolve again within ", within))
	guardRanges(t)
	s := &stage{image: realdocker.Busybox(t), Cluster: cluster.Start(t, cluster.Config{Master: fmt.Sprintf("local(%d)", agents),
		Args: []string{"-pod_network=routed", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]"}})}
	var names []string
	for i := range agents {
		pod := s.script("exec sleep 1000000", func(p *v1.PodSpec) {
			p.RestartPolicy = v1.RestartPolicyAlways
			p.Containers[0].Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("3")} // on an agent each
		})
		pod.Name = fmt.Sprint("pod", i)
		names = append(names, pod.Name)
		create(t, s.Cluster, pod)
		awaitPhase(t, s.Cluster, pod.Name, v1.PodRunning)
	}
	host(t, "ip", "route", "add", "10.0.0.0/16", "dev", "lo", "src", get(t, s.Cluster, "pod0").Status.HostIP)
	t.Cleanup(func() { host(t, "ip", "route", "delete", "10.0.0.0/16", "dev", "lo") })
	resolves := func() bool {
		q := new(dns.Msg).SetQuestion("kubernetes.default.svc.cluster.local.", dns.TypeA)
		answer, _, err := (&dns.Client{Timeout: 200 * time.Millisecond}).Exchange(q, "10.0.0.10:53")
		return err == nil && len(answer.Answer) == 1
	}
	id := frameworks(t, s.MesosAddr)[0].ID
	var longest time.Duration
	kills := agents
	if long {
		kills = rounds(t)
	}
	for range kills {
		s.Process().Await(soon, "all nodes to answer names", func() bool {
			slices, err := s.Client.DiscoveryV1().EndpointSlices("kube-system").List(t.Context(), metav1.ListOptions{})
			return err == nil && len(slices.Items) == agents && len(programs(t, id)) == agents && resolves()
		})
		for pid := range programs(t, id) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			break
		}
		last := time.Now()
		for end := last.Add(within + 3*time.Second); time.Now().Before(end); {
			if resolves() {
				longest = max(longest, time.Since(last))
				last = time.Now()
			}
		}
		longest = max(longest, time.Since(last))
	}
	if longest > within {
		t.Errorf("names did not resolve for %v", longest)
	}
	p.measure("not for %v at most in %d kills", longest.Round(10*time.Millisecond), kills)
	for _, name := range names {
		remove(t, s.Cluster, name)
	}
	awaitGone(t, s.Cluster, names...)
}
