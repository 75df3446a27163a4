package schedulerplugins

import (
	"math"
	"reflect"

	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/names"
)

// spreadState is the key under which PodTopologySpread keeps what its PreFilter has
// gathered.
const spreadState = "PreFilter" + names.PodTopologySpread

// correctLeast makes good what PodTopologySpread's AddPod and RemovePod cannot: of how
// many pods each topology has they keep the count, but of the two topologies with the
// fewest they know no successor, as they were made for a single step of preemption. The
// counts are right, so the two are found again.
//
// The state's type is not exported, its fields are. Where they are not as expected,
// correctLeast reports false, and the state is to be gathered anew.
func correctLeast(state fwk.CycleState) (ok bool) {
	data, err := state.Read(spreadState)
	if err != nil {
		return false
	}
	v := reflect.Indirect(reflect.ValueOf(data))
	if v.Kind() != reflect.Struct {
		return false
	}
	counts, is := field(v, "TpValueToMatchNum").([]map[string]int)
	paths := v.FieldByName("CriticalPaths")
	if !is || !paths.IsValid() || paths.Kind() != reflect.Slice || paths.Len() != len(counts) {
		return false
	}
	for i, count := range counts {
		if !setLeast(reflect.Indirect(paths.Index(i)), count) {
			return false
		}
	}
	return true
}

func field(v reflect.Value, name string) any {
	if f := v.FieldByName(name); f.IsValid() && f.CanInterface() {
		return f.Interface()
	}
	return nil
}

// setLeast sets a pair of a topology and its number of pods to the two with the fewest.
func setLeast(pair reflect.Value, count map[string]int) bool {
	if pair.Kind() != reflect.Array || pair.Len() != 2 {
		return false
	}
	type least struct {
		topology string
		pods     int
	}
	first, second := least{pods: math.MaxInt32}, least{pods: math.MaxInt32}
	for topology, n := range count {
		switch {
		case n < first.pods || n == first.pods && topology < first.topology:
			first, second = least{topology, n}, first
		case n < second.pods || n == second.pods && topology < second.topology:
			second = least{topology, n}
		}
	}
	for i, l := range []least{first, second} {
		topology, pods := pair.Index(i).FieldByName("TopologyValue"), pair.Index(i).FieldByName("MatchNum")
		if !topology.CanSet() || topology.Kind() != reflect.String || !pods.CanSet() || !pods.CanInt() {
			return false
		}
		topology.SetString(l.topology)
		pods.SetInt(int64(l.pods))
	}
	return true
}
