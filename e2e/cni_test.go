package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cniplugins"
)

// cniHost is this machine with plugins of CNI, and a configuration that comes and goes.
type cniHost struct {
	*stage
	t                 *testing.T
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

func newCNIHost(t *testing.T) *cniHost {
	t.Helper()
	guardRanges(t)
	h := &cniHost{t: t, bin: t.TempDir(), conf: t.TempDir(), leases: t.TempDir()}
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
	t.Cleanup(func() { removePluginsOwn(t) })
	h.stage = newStage(t, "-pod_network=cni", "-cni_bin_dir="+h.bin, "-cni_conf_dir="+h.conf)
	return h
}

// asks returns what a pod's request is answered, or why it is not.
func (h *cniHost) asks(from, url string) string {
	ctx, cancel := context.WithTimeout(h.t.Context(), 4*time.Second)
	defer cancel()
	out, err := h.command(ctx, h.t, "", "exec", from, "--", "wget", "-qO-", url).CombinedOutput()
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
			create(t, h.Cluster, web)
			h.await(t, "web", func(*v1.Pod) string { return h.says(web, "NetworkNotReady", "no configuration of CNI in "+h.conf) })
			h.configure(cniRefuses)
			h.await(t, "web", func(*v1.Pod) string { return h.says(web, "FailedCreatePodSandBox", "no cable in rack 7") })
			h.configure(conf)
			create(t, h.Cluster, client)
			awaitPhase(t, h.Cluster, "web", v1.PodRunning)
			awaitPhase(t, h.Cluster, "client", v1.PodRunning)
			h.serves("web", "client")

			before := get(t, h.Cluster, "web").Status.PodIP
			h.killExecutor()
			h.serves("web", "client")
			if after := get(t, h.Cluster, "web").Status.PodIP; after != before {
				t.Errorf("web had the address %s, has %s", before, after)
			}
			for _, name := range []string{"web", "client"} {
				remove(t, h.Cluster, name)
			}
			awaitGone(t, h.Cluster, "web", "client")
			if used := h.inUse(); len(used) > 0 {
				t.Errorf("addresses are still in use: %v", used)
			}
			h.Stop()
			if left := leftByPlugins(t); left != "" {
				t.Errorf("left of pods:\n%s", left)
			}
		})
	}
}

// serves asks web from client, and both from this machine.
func (h *cniHost) serves(web, client string) {
	h.t.Helper()
	ip := get(h.t, h.Cluster, web).Status.PodIP
	seen := "web sees [::ffff:" + get(h.t, h.Cluster, client).Status.PodIP + "]"
	h.awaitAnswer(client, "http://"+ip+":8080/cgi-bin/who", seen)
	service := &v1.Service{ObjectMeta: metav1.ObjectMeta{GenerateName: "web"}, Spec: v1.ServiceSpec{
		Selector: map[string]string{"app": web}, Ports: []v1.ServicePort{{Port: 80, TargetPort: intstr.FromInt(8080)}}}}
	service, err := h.Client.CoreV1().Services("default").Create(h.t.Context(), service, metav1.CreateOptions{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.awaitAnswer(client, "http://"+service.Spec.ClusterIP+"/cgi-bin/who", seen)
	h.awaitAnswer(web, "http://"+service.Spec.ClusterIP+"/cgi-bin/who", "web sees ")
	for _, url := range []string{"http://127.0.0.1:31007/cgi-bin/who", "http://" + ip + ":8080/cgi-bin/who"} {
		if got := hostAsks(url); !strings.HasPrefix(got, "web sees ") {
			h.t.Errorf("the host asks %s: %s", url, got)
		}
	}
	if log := h.log(client, "main"); !strings.Contains(log, "hello") {
		h.t.Errorf("the log of %s: %q", client, log)
	}
}

// killExecutor kills the executor and awaits the next one, with the same pods.
func (h *cniHost) killExecutor() {
	h.t.Helper()
	id := frameworks(h.t, h.MesosAddr)[0].ID
	old := programs(h.t, id)
	for pid := range old {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			h.t.Fatal(err)
		}
	}
	h.Process().Await(soon, "another executor with both pods", func() bool {
		for pid := range programs(h.t, id) {
			if _, same := old[pid]; !same {
				tasks := liveTasks(h.t, h.MesosAddr)
				return len(tasks) == 2 && tasks[0].State == "TASK_RUNNING" && tasks[1].State == "TASK_RUNNING"
			}
		}
		return false
	})
}

// says is the fate of having an event with this reason and text.
func (h *cniHost) says(pod *v1.Pod, reason, text string) string {
	events, err := h.Client.CoreV1().Events("default").List(h.t.Context(), eventsOf(pod.Name))
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
var ofPods = regexp.MustCompile(`(?m)^.*(master kmcni1|10\.244\.77\.\d+(/32)? dev|CNI-DN-|CNI-[0-9a-f]{20}|10\.244\.77\.).*$`)

// leftByPlugins returns what is left of pods. The bridge and its network are the plugin's.
func leftByPlugins(t *testing.T) string {
	t.Helper()
	all := host(t, "ip", "-o", "link") + host(t, "ip", "route") + host(t, "iptables-save") + host(t, "nft", "list", "tables")
	var found []string
	for _, line := range ofPods.FindAllString(all, -1) {
		if !strings.HasPrefix(line, "10.244.77.0/24 dev kmcni1") {
			found = append(found, line)
		}
	}
	if strings.Contains(all, "kube-proxy") {
		found = append(found, "the table kube-proxy")
	}
	return strings.Join(found, "\n")
}

// removePluginsOwn removes what plugins keep for the next pod: the bridge, and chains with
// names of theirs.
func removePluginsOwn(t *testing.T) {
	t.Helper()
	_ = exec.Command("ip", "link", "delete", "kmcni1").Run() // ptp makes none
	for _, table := range []string{"nat", "filter"} {
		rules := strings.Split(host(t, "iptables", "-w", "-t", table, "-S"), "\n")
		for _, delete := range []string{"-A", "-N"} {
			for _, rule := range rules {
				if !strings.HasPrefix(rule, delete+" ") || !strings.Contains(rule, "CNI-") {
					continue
				}
				rule = map[string]string{"-A": "-D", "-N": "-X"}[delete] + rule[2:]
				if out, err := exec.Command("sh", "-c", "iptables -w -t "+table+" "+rule).CombinedOutput(); err != nil {
					t.Errorf("iptables %s: %v %s", rule, err, out)
				}
			}
		}
	}
}
