package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/cluster"
	"github.com/kubernetes-mesos/kubernetes-mesos/internal/testing/realdocker"
)

// A volume of storage class mesos is a persistent volume of Mesos, which outlives pods,
// executors and framework_runner with its Mesos, and ends with its claim.
func TestMesosVolumes(t *testing.T) {
	s := &stage{image: realdocker.Busybox(t), Cluster: cluster.Start(t, cluster.Config{Args: []string{"-framework_role=pods"}})}
	claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "of-mesos"}}
	claim.Spec.StorageClassName = new("mesos")
	claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}
	claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse("20Mi")}
	if _, err := s.Client.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), claim, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	use := func(times int) {
		t.Helper()
		pod := s.script("echo kept >>/v/x; cat /v/x; echo all", volume("v", v1.VolumeSource{
			PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: "of-mesos"}}))
		pod.Name = fmt.Sprintf("user-%d", times)
		create(t, s.Cluster, pod)
		s.await(t, pod.Name, s.says(strings.Repeat("kept\n", times)+"all"))
		remove(t, s.Cluster, pod.Name)
	}
	use(1)
	path := s.kubectl(t, "", "get", "pv", "-o", "jsonpath={.items[0].spec.local.path}")
	if data, err := os.ReadFile(path + "/x"); string(data) != "kept\n" {
		t.Errorf("the volume's file at %s has %q: %v", path, data, err)
	}
	use(2)
	s.Kill()
	s.Restart()
	use(3)
	if got := reservedDisk(t, s.MesosAddr, "pods"); got != 20 {
		t.Errorf("Mesos has %v MB reserved for a volume of 20", got)
	}
	s.kubectl(t, "", "delete", "pvc", "of-mesos")
	s.Process().Await(time.Minute, "Mesos has destroyed the volume, and its disk is free", func() bool {
		_, err := os.Stat(path)
		return os.IsNotExist(err) && reservedDisk(t, s.MesosAddr, "pods") == 0
	})
	s.kubectl(t, "", "wait", "--for=delete", "--timeout=60s", "pv", "--all")
}

// reservedDisk returns how many MB of disk are reserved for a role.
func reservedDisk(t *testing.T, mesos, role string) (mb float64) {
	t.Helper()
	resp, err := http.Get("http://" + mesos + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var state struct {
		Slaves []struct {
			Reserved map[string]struct{ Disk float64 } `json:"reserved_resources"`
		} `json:"slaves"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	for _, agent := range state.Slaves {
		mb += agent.Reserved[role].Disk
	}
	return mb
}
