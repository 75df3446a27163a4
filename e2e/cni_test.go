package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cniplugins"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/hosts"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// cniHost is a cluster on a host of its own, with plugins of CNI and a configuration that
// comes and changes.
type cniHost struct {
	*stage
	t                 testing.TB
	host              *hosts.Host
	bin, conf, leases string
}

// configure has the node use a configuration, in which LEASES stands for the directory of
// addresses in use.
func (h *cniHost) configure(conf string) {
	h.t.Helper()
	path := filepath.Join(h.conf, "10-net.conflist")
	if err := os.WriteFile(path+".new", []byte(strings.ReplaceAll(conf, "LEASES", h.leases)), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		h.t.Fatal(err)
	}
}

func newCNIHost(t testing.TB) *cniHost {
	t.Helper()
	busybox := realdocker.Busybox(t)
	h := &cniHost{t: t, host: hosts.New(t, 1)[0][0], bin: t.TempDir(), conf: t.TempDir(), leases: t.TempDir()}
	plugins, err := filepath.Glob(filepath.Join(cniplugins.Dir(t), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plugins {
		if err := os.Symlink(p, filepath.Join(h.bin, filepath.Base(p))); err != nil {
			t.Fatal(err)
		}
	}
	refuses := "#!/bin/sh\n[ $CNI_COMMAND = ADD ] && echo '{\"code\": 100, \"msg\": \"no cable in rack 7\"}' && exit 1; exit 0\n"
	if err := os.WriteFile(filepath.Join(h.bin, "refuses"), []byte(refuses), 0o700); err != nil {
		t.Fatal(err)
	}
	h.host.StartDocker([]string{busybox}, "--live-restore")
	h.stage = &stage{image: busybox, Cluster: cluster.Start(t, cluster.Config{On: h.host, Args: []string{
		"-pod_network=cni", "-cni_bin_dir=" + h.bin, "-cni_conf_dir=" + h.conf, "-docker_endpoint=" + h.host.Docker.Endpoint(),
		"-local_resources=cpus:8;mem:8192;disk:10000;ports:[31000-31099]"}})}
	return h
}

// install has a DaemonSet write the configuration, as networks for Kubernetes come: its pod is
// in the host's network, so it starts while the node is not ready.
func (h *cniHost) install(conf string) {
	h.t.Helper()
	pod := h.script(`printf '%s' "$CONF" >/conf/new && mv /conf/new /conf/10-net.conflist; trap exit TERM; sleep 100000 & wait`, func(spec *v1.PodSpec) {
		spec.RestartPolicy, spec.HostNetwork = v1.RestartPolicyAlways, true
		spec.Volumes = []v1.Volume{{Name: "conf", VolumeSource: v1.VolumeSource{HostPath: &v1.HostPathVolumeSource{Path: h.conf}}}}
		spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "conf", MountPath: "/conf"}}
		spec.Containers[0].Env = []v1.EnvVar{{Name: "CONF", Value: strings.ReplaceAll(conf, "LEASES", h.leases)}}
	})
	labels := map[string]string{"app": "installer"}
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "installer"}, Spec: appsv1.DaemonSetSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec}}}
	if _, err := h.Client.AppsV1().DaemonSets("default").Create(context.Background(), set, metav1.CreateOptions{}); err != nil {
		h.t.Fatal(err)
	}
}

// asks returns what a pod's request is answered, or why it is not.
func (h *cniHost) asks(from, url string) string {
	return h.answer("timeout", "5", filepath.Join(cluster.Root(), "bin/kubectl"), "-s", h.URL(), "exec", from, "--", "wget", "-qO-", url)
}

// answer returns the output of a command on the host, and how it failed.
func (h *cniHost) answer(name string, args ...string) string {
	out, err := h.host.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Sprint(err, " ", string(out))
	}
	return string(out)
}

func (h *cniHost) awaitAnswer(from, url, want string) {
	h.t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if got = h.asks(from, url); strings.HasPrefix(got, want) {
			return
		}
	}
	h.t.Errorf("%s asks %s: %s, want %s", from, url, got, want)
}

// inUse returns the addresses that the plugin host-local has given out.
func (h *cniHost) inUse() []string {
	files, _ := filepath.Glob(filepath.Join(h.leases, "*", "[0-9]*")) // the pattern is valid
	return files
}

const (
	cniRefuses = `{"cniVersion": "1.0.0", "name": "kme2e", "plugins": [{"type": "refuses"}]}`
	cniRest    = `{"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "firewall"}]}`
	cniBridge  = `{"cniVersion": "1.0.0", "name": "kme2e", "plugins": [
		{"type": "bridge", "bridge": "kmcni1", "isGateway": true, "ipMasq": true, "hairpinMode": true,
		 "ipam": {"type": "host-local", "dataDir": "LEASES", "ranges": [[{"subnet": "10.244.77.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},` + cniRest
	cniPtp = `{"cniVersion": "0.4.0", "name": "kme2e", "plugins": [
		{"type": "ptp", "ipMasq": true,
		 "ipam": {"type": "host-local", "dataDir": "LEASES", "subnet": "10.244.77.0/24", "routes": [{"dst": "0.0.0.0/0"}]}},` + cniRest
)

// The agents' own plugins connect pods: pods wait for a configuration, learn from their
// events what plugins say, reach each other, services and host ports, and give their
// addresses back, also when the executor was killed meanwhile.
func TestCNINetwork(t *testing.T) {
	for name, conf := range map[string]string{"bridge": cniBridge, "ptp": cniPtp} {
		t.Run(name, func(t *testing.T) {
			h := newCNIHost(t)
			web := h.script(serving, func(spec *v1.PodSpec) {
				spec.RestartPolicy = v1.RestartPolicyAlways
				spec.Containers[0].Ports = []v1.ContainerPort{{ContainerPort: 8080, HostPort: 31007}}
			})
			web.Name, web.Labels = "web", map[string]string{"app": "web"}
			client := h.script("echo hello; sleep 100000")
			client.Name = "client"
			makeService(t, h.stage, v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "site"}, Spec: v1.ServiceSpec{
				Selector: web.Labels, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(8080)}}}})
			create(t, h.Cluster, web)
			h.await(t, "web", func(*v1.Pod) string { return h.hasEvent(web, "NetworkNotReady", "no configuration of CNI in "+h.conf) })
			h.configure(cniRefuses)
			h.await(t, "web", func(*v1.Pod) string { return h.hasEvent(web, "FailedCreatePodSandBox", "no cable in rack 7") })
			h.install(conf)
			create(t, h.Cluster, client)
			awaitPhase(t, h.Cluster, "web", v1.PodRunning)
			awaitPhase(t, h.Cluster, "client", v1.PodRunning)
			h.serves("web", "client")

			before := get(t, h.Cluster, "web").Status.PodIP
			h.killExecutor(t)
			h.serves("web", "client")
			if after := get(t, h.Cluster, "web").Status.PodIP; after != before {
				t.Errorf("web had the address %s, has %s", before, after)
			}
			remove(t, h.Cluster, "web", "client")
			awaitGone(t, h.Cluster, "web", "client")
			if used := h.inUse(); len(used) > 0 {
				t.Errorf("addresses are still in use: %v", used)
			}
			h.Stop()
			if left := h.leftByPlugins(); left != "" {
				t.Errorf("left of pods:\n%s", left)
			}
		})
	}
}

// serves asks web from client, by its address and by its service's name, and from its host.
func (h *cniHost) serves(web, client string) {
	h.t.Helper()
	ip := get(h.t, h.Cluster, web).Status.PodIP
	seen := "web sees [::ffff:" + get(h.t, h.Cluster, client).Status.PodIP + "]"
	h.awaitAnswer(client, "http://"+ip+":8080/cgi-bin/who", seen)
	h.awaitAnswer(client, "http://site/cgi-bin/who", seen)
	h.awaitAnswer(web, "http://site/cgi-bin/who", "web sees ")
	for _, url := range []string{"http://127.0.0.1:31007/cgi-bin/who", "http://" + ip + ":8080/cgi-bin/who"} {
		if got := h.answer("curl", "-sS", "-m", "3", url); !strings.HasPrefix(got, "web sees ") {
			h.t.Errorf("the host asks %s: %s", url, got)
		}
	}
	if log := h.log(client, "main"); !strings.Contains(log, "hello") {
		h.t.Errorf("the log of %s: %q", client, log)
	}
}

// killExecutor kills the executor and awaits the next one, with the same pods.
func (h *cniHost) killExecutor(t *testing.T) {
	t.Helper()
	killExecutors(t, h.Cluster, h.frameworks()[0].ID, func() bool {
		tasks := h.frameworks()[0].Tasks
		return len(tasks) == 3 && !slices.ContainsFunc(tasks, func(t task) bool { return t.State != "TASK_RUNNING" })
	})
}

// frameworks reads the master's state page.
func (h *cniHost) frameworks() []framework {
	h.t.Helper()
	var state struct{ Frameworks []framework }
	if err := json.Unmarshal([]byte(h.host.Run("curl", "-sSf", "http://"+h.MesosAddr+"/state")), &state); err != nil || len(state.Frameworks) == 0 {
		h.t.Fatalf("frameworks: %+v, %v", state, err)
	}
	return state.Frameworks
}

// hasEvent is the fate of having an event with this reason and text.
func (h *cniHost) hasEvent(pod *v1.Pod, reason, text string) string {
	events, err := h.Client.CoreV1().Events("default").List(context.Background(), eventsOf(pod.Name))
	if err != nil {
		return err.Error()
	}
	var seen []string
	for _, e := range events.Items {
		if e.Reason == reason && strings.Contains(e.Message, text) {
			return ""
		}
		seen = append(seen, e.Reason+": "+e.Message)
	}
	return fmt.Sprintf("it has the events %q, not %s with %q", seen, reason, text)
}

// ofPods matches what plugins make for one pod: ports of the bridge, chains of host ports.
var ofPods = regexp.MustCompile(`(?m)^.*(master kmcni1|10\.244\.77\.\d+(/32)? dev|CNI-DN-|CNI-[0-9a-f]{20}|10\.244\.77\.|kube-proxy|kubernetes-mesos).*$`)

// leftByPlugins returns what is left of pods. The bridge and its network are the plugin's.
func (h *cniHost) leftByPlugins() string {
	all := h.host.Run("ip", "-o", "link") + h.host.Run("ip", "route") + h.host.Run("iptables-save") + h.host.Run("nft", "list", "tables")
	var found []string
	for _, line := range ofPods.FindAllString(all, -1) {
		if !strings.HasPrefix(line, "10.244.77.0/24 dev kmcni1") {
			found = append(found, line)
		}
	}
	return strings.Join(found, "\n")
}
