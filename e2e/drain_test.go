package e2e

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

// An operator drains the agent and reactivates it: five pods of a ReplicaSet end in an
// orderly way, nothing blocks the drain, the Node shows it, and five pods run there
// again within ten seconds of the reactivation.
func TestDrain(t *testing.T) {
	mesos := serveLocalMesos(t, "local(1)", "-local_resources=cpus:4;mem:4096;disk:10000;ports:[31000-31099]")
	c := cluster.Start(t, cluster.Config{Master: mesos})
	pod := webPod("web", "0.2")
	labels := map[string]string{"app": "web"}
	_, err := c.Client.AppsV1().ReplicaSets("default").Create(t.Context(), &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: new(int32(5)), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: v1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	fiveRun := func() bool { return running(t, c) == 5 }
	c.Process().Await(soon, "five pods to run", fiveRun)
	agent := &mesospb.AgentID{Value: proto.String(liveTasks(t, mesos)[0].SlaveID)}

	began := time.Now()
	operate(t, mesos, &mesospb.MasterCall{Type: mesospb.MasterCall_DRAIN_AGENT.Enum(), DrainAgent: &mesospb.MasterCall_DrainAgent{AgentId: agent}})
	c.Process().Await(soon, "the agent to be drained", func() bool {
		all := operate(t, mesos, &mesospb.MasterCall{Type: mesospb.MasterCall_GET_AGENTS.Enum()})
		return all.GetAgents.Agents[0].GetDrainInfo().GetState() == mesospb.DrainState_DRAINED
	})
	t.Logf("drained after %v", time.Since(began).Round(time.Millisecond))
	c.Process().Await(soon, "a cordoned Node with the event Drained", func() bool {
		n := theNode(t, c)
		events, err := c.Client.CoreV1().Events("default").List(t.Context(), metav1.ListOptions{FieldSelector: "reason=Drained"})
		if err != nil {
			t.Fatal(err)
		}
		return n.Spec.Unschedulable && len(n.Spec.Taints) == 1 && n.Spec.Taints[0].Key == "mesos.agent/deactivated" && len(events.Items) == 1
	})

	began = time.Now()
	operate(t, mesos, &mesospb.MasterCall{Type: mesospb.MasterCall_REACTIVATE_AGENT.Enum(), ReactivateAgent: &mesospb.MasterCall_ReactivateAgent{AgentId: agent}})
	c.Process().Await(soon, "five pods to run again", fiveRun)
	took := time.Since(began)
	t.Logf("five pods run %v after the reactivation", took.Round(time.Millisecond))
	if took > 10*time.Second {
		t.Errorf("five pods run only %v after the reactivation", took)
	}
	if n := theNode(t, c); n.Spec.Unschedulable || len(n.Spec.Taints) > 0 {
		t.Errorf("the Node is still unschedulable: %v, %v", n.Spec.Unschedulable, n.Spec.Taints)
	}
}

func theNode(t *testing.T, c *cluster.Cluster) v1.Node {
	t.Helper()
	nodes, err := c.Client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil || len(nodes.Items) != 1 {
		t.Fatalf("%d nodes, %v", len(nodes.Items), err)
	}
	return nodes.Items[0]
}

// operate makes a call to Mesos' operator API.
func operate(t *testing.T, master string, call *mesospb.MasterCall) *mesospb.MasterResponse {
	t.Helper()
	body, err := call.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+master+"/api/v1", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.SetBasicAuth(cluster.Principal, cluster.Secret)
	req.Header.Set("Accept", "application/x-protobuf")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v: %s %s %v", call.GetType(), resp.Status, answer, err)
	}
	out := &mesospb.MasterResponse{}
	if err := out.Unmarshal(answer); err != nil {
		t.Fatal(err)
	}
	return out
}
