package schedulerplugins

import (
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-mesos/kubernetes-mesos/scheduler"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const header = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"

// What would have no effect is refused, and the message says what it is.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		"":                            "Kind",
		"apiVersion: v1\nkind: Pod\n": "no kind",
		header + "profils: []\n":      "unknown field",
		header + "parallelism: -1\n":  "parallelism",
		header + "extenders:\n- urlPrefix: http://127.0.0.1:8888\n  bindVerb: bind\n":                                                                                                                    "bindVerb",
		header + "extenders:\n- urlPrefix: http://127.0.0.1:8888\n  filterVerb: filter\n  preemptVerb: preempt\n":                                                                                        "preemptVerb",
		header + "extenders:\n- urlPrefix: http://127.0.0.1:8888\n":                                                                                                                                      "neither",
		header + "extenders:\n- urlPrefix: http://127.0.0.1:8888\n  filterVerb: filter\n  managedResources: [{name: example.com/a, ignoredByScheduler: true}]\n":                                         "ignoredByScheduler",
		header + "profiles:\n- schedulerName: a\n  plugins: {permit: {enabled: [{name: GangScheduling}]}}\n":                                                                                             "profile a: plugin GangScheduling is enabled at permit",
		header + "profiles:\n- schedulerName: a\n  plugins: {filter: {enabled: [{name: Mine}]}}\n":                                                                                                       "plugin Mine is not supported",
		header + "profiles:\n- pluginConfig:\n  - name: PodTopologySpread\n    args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]}\n": "defaultConstraints",
		header + "percentageOfNodesToScore: 10\n":                                                                        "percentageOfNodesToScore",
		header + "podMaxBackoffSeconds: 60\n":                                                                            "podMaxBackoffSeconds",
		header + "leaderElection: {leaderElect: false}\n":                                                                "leaderElection",
		header + "profiles:\n- percentageOfNodesToScore: 10\n":                                                           "percentageOfNodesToScore",
		header + "profiles:\n- plugins: {multiPoint: {enabled: [{name: Mine}]}}\n":                                       "plugin Mine is not supported",
		header + "profiles:\n- plugins: {multiPoint: {disabled: [{name: NodePorts}]}}\n":                                 "plugin NodePorts is disabled at multiPoint",
		header + "profiles:\n- plugins: {preEnqueue: {enabled: [{name: SchedulingGates}]}}\n":                            "SchedulingGates is enabled at preEnqueue",
		header + "profiles:\n- plugins: {filter: {disabled: [{name: NodeResourcesFit}]}}\n":                              "plugin NodeResourcesFit is disabled at filter",
		header + "profiles:\n- plugins: {filter: {disabled: [{name: '*'}]}}\n":                                           "is disabled at filter",
		header + "profiles:\n- plugins: {preFilter: {disabled: [{name: NodeAffinity}]}}\n":                               "plugin NodeAffinity is disabled at preFilter",
		header + "profiles:\n- pluginConfig: [{name: NodeResourcesFit, args: {ignoredResources: [example.com/a]}}]\n":    "ignoredResources",
		header + "profiles:\n- pluginConfig: [{name: NodeResourcesFit, args: {ignoredResourceGroups: [example.com]}}]\n": "ignoredResourceGroups",
		header + "profiles:\n- pluginConfig: [{name: DefaultPreemption, args: {minCandidateNodesPercentage: 50}}]\n":     "DefaultPreemption has arguments",
		header + "profiles:\n- pluginConfig: [{name: Mine, args: {a: b}}]\n":                                             "Mine has arguments",
		header + "profiles:\n- pluginConfig:\n  - name: NodeAffinity\n    args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: gpu, operator: Exists}]}]}}}\n": "addedAffinity",
	} {
		if _, err := Load([]byte(file), nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s\ngives %v, want an error with %q", file, err, says)
		}
	}
}

// What has an effect is taken, and what the default has may be said.
func TestLoadTakes(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		header,
		header + "parallelism: 16\n",
		header + "profiles:\n- plugins: {multiPoint: {enabled: [{name: ImageLocality, weight: 1}, {name: NodeName}, {name: PodTopologySpread, weight: 9}]}}\n",
		header + "profiles:\n- plugins: {score: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesFit, weight: 5}]}}\n",
		header + "profiles:\n- plugins: {filter: {disabled: [{name: VolumeZone}]}}\n",
		header + "profiles:\n- pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 7}}]\n",
		header + "profiles:\n- pluginConfig:\n  - name: NodeAffinity\n    args: {addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: gpu, operator: Exists}]}}]}}\n",
	} {
		profiles, err := Load([]byte(file), nil)
		if err == nil {
			_, err = New(t.Context(), profiles)
		}
		if err != nil {
			t.Errorf("%s\ngives %v", file, err)
		}
	}
}

// Profiles are chosen by the pod's schedulerName: of two agents, one profile fills the
// used one, another takes the free one, and one does without the plugin for affinity.
func TestProfiles(t *testing.T) {
	t.Parallel()
	profiles, err := Load([]byte(header+`
profiles:
- schedulerName: default-scheduler
- schedulerName: pack
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated}}
  plugins:
    score: {disabled: [{name: NodeResourcesBalancedAllocation}]}
- schedulerName: local
  plugins:
    score: {disabled: [{name: '*'}], enabled: [{name: ImageLocality}]}
- schedulerName: even
  pluginConfig:
  - name: NodeResourcesBalancedAllocation
    args: {resources: [{name: memory, weight: 1}, {name: cpu, weight: 1}]}
  plugins:
    score: {disabled: [{name: '*'}], enabled: [{name: NodeResourcesBalancedAllocation}]}
- schedulerName: careless
  plugins:
    multiPoint: {disabled: [{name: InterPodAffinity}]}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(profiles.Names(), " "); got != "default-scheduler pack local even careless" {
		t.Errorf("profiles of %s", got)
	}
	for _, row := range []struct {
		profile string
		apart   bool
		want    string
	}{
		{"default-scheduler", false, "free"},
		{"pack", false, "used"},
		{"pack", true, "free"},
		{"local", false, "used"},
		{"even", false, "used"},
		{"careless", true, "free"},
	} {
		r, err := New(t.Context(), profiles)
		if err != nil {
			t.Fatal(err)
		}
		core, now := scheduler.New(scheduler.Config{Rules: r}), time.Unix(0, 0)
		var offers scheduler.Offered
		for _, name := range []string{"free", "used"} {
			n := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1.LabelHostname: name}}}
			n.Status.Allocatable = v1.ResourceList{"cpu": resource.MustParse("4"), "memory": resource.MustParse("4Gi"), "pods": resource.MustParse("9")}
			if name == "used" {
				n.Status.Images = []v1.ContainerImage{{Names: []string{"web:1"}, SizeBytes: 500 << 20}}
			}
			core.Step(now, scheduler.NodeChanged{Name: name, Node: n})
			offers.Offers = append(offers.Offers, scheduler.Offer{ID: name, Agent: name, Node: name, Amount: scheduler.Amount{CPU: 2000, Mem: 2000}})
		}
		pod := func(name, cpu, memory string) *v1.Pod {
			p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Labels: map[string]string{"app": "new"}}}
			p.Spec.SchedulerName = row.profile
			p.Spec.Containers = []v1.Container{{Image: "web:1", Resources: v1.ResourceRequirements{Requests: v1.ResourceList{"cpu": resource.MustParse(cpu), "memory": resource.MustParse(memory)}}}}
			return p
		}
		old, p := pod("old", "1", "1Gi"), pod("p", "1", "1Gi")
		if row.profile == "even" { // together they use as much of one as of the other
			old, p = pod("old", "1", "0"), pod("p", "0", "1Gi")
		}
		core.Step(now, scheduler.PodAdded{Pod: specOf(old), Node: "used"})
		core.Step(now, scheduler.PodsListed{})
		core.Step(now, scheduler.Subscribed{})
		if row.apart {
			p.Spec.Affinity = &v1.Affinity{PodAntiAffinity: &v1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: terms(v1.LabelHostname)}}
		}
		core.Step(now, scheduler.PodAdded{Pod: specOf(p)})
		if row.profile == "careless" && r.Rule(specOf(p)).Refuses("used") != "" {
			t.Error("a profile without the plugin for affinity minds affinity")
		}
		if got := launchedOn(core.Step(now, offers)); got != row.want {
			t.Errorf("%+v: launched on %q", row, got)
		}
	}
}
