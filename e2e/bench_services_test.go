package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
)

// BenchmarkServices measures what 10, 1,000 and 5,000 services of ten endpoints cost a node:
// the time from its executor's start until all rules are in the kernel, the time until a
// changed endpoint is, and the executor's memory. The goals: 10 s and 1 s with 1,000 services,
// 150 MB with 10.
func BenchmarkServices(b *testing.B) {
	for range b.N {
		guardRanges(b)
		for _, n := range []int{10, 1000, 5000} {
			measureServices(b, n)
		}
	}
}

func measureServices(b *testing.B, n int) {
	c := cluster.Start(b, cluster.Config{Args: append([]string{"-pod_network=routed"}, roomy...)})
	defer c.Stop()
	idleServices(b, c, n)
	rules := watchRules(b)
	began := time.Now()
	runAll(b, c, "first", 1)
	executor := executorPID(b, c)
	rules.await(b, endpointOf(n-1, 0))
	awaitServices(b, n)
	suffix := fmt.Sprintf("-%d-services", n)
	b.ReportMetric(time.Since(began).Seconds(), "s-from-first-pod-to-rules"+suffix)

	var changed []time.Duration
	for i := range 20 {
		address := fmt.Sprintf("10.244.254.%d", i+1)
		slice, err := c.Client.DiscoveryV1().EndpointSlices("default").Get(b.Context(), serviceName(i%n), metav1.GetOptions{})
		if err != nil {
			b.Fatal(err)
		}
		slice.Endpoints[0].Addresses = []string{address}
		began := time.Now()
		if _, err := c.Client.DiscoveryV1().EndpointSlices("default").Update(b.Context(), slice, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
		changed = append(changed, rules.await(b, address).Sub(began))
	}
	b.ReportMetric(median(changed).Seconds(), "s-to-change"+suffix)
	b.ReportMetric(percentile(changed, 95).Seconds(), "s-to-change-p95"+suffix)
	b.ReportMetric(rss(b, executor), "MB"+suffix)
}

func serviceName(i int) string { return fmt.Sprintf("s-%d", i) }

// endpointOf returns the address of a service's k-th endpoint, where nothing answers.
func endpointOf(service, k int) string {
	at := service*10 + k
	return fmt.Sprintf("10.245.%d.%d", at/250, at%250+1)
}

// idleServices makes n services of ten endpoints each, eight at a time.
func idleServices(b *testing.B, c *cluster.Cluster, n int) {
	b.Helper()
	next := make(chan int)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range next {
				if err := idleService(b.Context(), c, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

func idleService(ctx context.Context, c *cluster.Cluster, i int) error {
	name, port, tcp := "http", int32(8080), v1.ProtocolTCP
	if _, err := c.Client.CoreV1().Services("default").Create(ctx, &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: serviceName(i)},
		Spec: v1.ServiceSpec{Ports: []v1.ServicePort{{Name: name, Port: 80, TargetPort: intstr.FromInt32(port)}}}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: serviceName(i), Labels: map[string]string{discoveryv1.LabelServiceName: serviceName(i)}},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &tcp}},
	}
	for k := range 10 {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{endpointOf(i, k)}})
	}
	_, err := c.Client.DiscoveryV1().EndpointSlices("default").Create(ctx, slice, metav1.CreateOptions{})
	return err
}

// awaitServices waits until the kernel knows n services.
func awaitServices(b *testing.B, n int) {
	b.Helper()
	for {
		out, err := exec.CommandContext(b.Context(), "nft", "list", "map", "ip", "kube-proxy", "service-ips").Output()
		if err != nil {
			b.Fatal(err)
		}
		if strings.Count(string(out), " . tcp . 80 ") >= n {
			return
		}
	}
}

// ruleChanges is when which endpoint's address came into the kernel's rules.
type ruleChanges struct{ seen chan string }

// watchRules follows changes of the kernel's rules until the test ends.
func watchRules(b *testing.B) *ruleChanges {
	b.Helper()
	monitor := exec.CommandContext(b.Context(), "nft", "monitor", "new", "rules")
	out, err := monitor.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := monitor.Start(); err != nil {
		b.Fatal(err)
	}
	r := &ruleChanges{seen: make(chan string, 1<<17)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.seen <- lines.Text()
		}
		close(r.seen)
	}()
	b.Cleanup(func() {
		_ = monitor.Process.Kill()
		_ = monitor.Wait()
	})
	return r
}

// await returns when a rule that leads to this address appeared.
func (r *ruleChanges) await(b *testing.B, address string) time.Time {
	b.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case line, more := <-r.seen:
			if strings.Contains(line, " "+address+" . ") {
				return time.Now()
			}
			if !more {
				b.Fatal("nft monitor has ended")
			}
		case <-deadline:
			b.Fatalf("no rules for the endpoint %s", address)
		}
	}
}
