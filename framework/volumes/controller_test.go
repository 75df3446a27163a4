package volumes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

const provisioner = "test/space"

// space is a Space whose volumes are made, grow and are removed when the test says so.
type space struct {
	mu        sync.Mutex
	asked     map[string]Volume
	ready     map[string]int64 // bytes
	removed   map[string]bool
	removing  map[string]bool
	forgotten []string
	begun     bool
	err       error
	changed   func(string)
}

func (s *space) Run(ctx context.Context, changed func(string)) error {
	s.mu.Lock()
	s.changed = changed
	s.mu.Unlock()
	<-ctx.Done()
	return nil
}

func (s *space) Have(v Volume) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[v.Name] = v
	state := State{Ready: s.ready[v.Name] > 0, Begun: s.begun, Bytes: s.ready[v.Name], Unlimited: "nothing counts"}
	state.Source.Local = &v1.LocalVolumeSource{Path: "/volumes/" + v.Name}
	return state, s.err
}

func (s *space) Remove(v Volume) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removing[v.Name] = true
	return s.removed[v.Name], s.err
}

func (s *space) Forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgotten = append(s.forgotten, name)
	delete(s.asked, name)
}

// events are what people are told.
type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) Event(about runtime.Object, _, reason, message string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, fmt.Sprintf("%T %s: %s", about, reason, message))
}

// world is a cluster with a controller.
type world struct {
	*testing.T
	*fake.Clientset
	space  *space
	events *events
	stop   func()
}

func play(t *testing.T, story func(w *world), objects ...runtime.Object) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, Clientset: fake.NewClientset(objects...), events: &events{}}
		w.start()
		story(w)
		w.stop()
	})
}

// start starts a controller, as in a framework_runner that leads from now on.
func (w *world) start() {
	w.space = &space{asked: map[string]Volume{}, ready: map[string]int64{}, removed: map[string]bool{}, removing: map[string]bool{}}
	c := New(Config{Client: w.Clientset, Provisioner: provisioner, Space: w.space, Events: w.events, Log: logr.Discard(),
		Classes: []Class{{Name: "ours", Reclaim: v1.PersistentVolumeReclaimDelete, Default: true}, {Name: "kept", Reclaim: v1.PersistentVolumeReclaimRetain}}})
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	w.stop = func() {
		cancel()
		<-done
	}
	synctest.Wait()
}

// say changes what the space answers, and has it tell so.
func (w *world) say(volume string, change func(*space)) {
	w.space.mu.Lock()
	change(w.space)
	w.space.mu.Unlock()
	w.space.changed(volume)
	synctest.Wait()
}

// newClaim returns a claim of class ours, for which node a was chosen.
func newClaim(name, size string, changes ...func(*v1.PersistentVolumeClaim)) *v1.PersistentVolumeClaim {
	c := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(name), Annotations: map[string]string{
		"volume.kubernetes.io/selected-node": "a"}}}
	c.Spec.StorageClassName, c.Spec.AccessModes = new("ours"), []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}
	c.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}
	for _, change := range changes {
		change(c)
	}
	return c
}

func (w *world) create(c *v1.PersistentVolumeClaim) {
	w.Helper()
	if _, err := w.CoreV1().PersistentVolumeClaims("ns").Create(w.Context(), c, metav1.CreateOptions{}); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

func (w *world) claim(name string) *v1.PersistentVolumeClaim {
	w.Helper()
	c, err := w.CoreV1().PersistentVolumeClaims("ns").Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// volume returns a volume, or nil.
func (w *world) volume(name string) *v1.PersistentVolume {
	v, err := w.CoreV1().PersistentVolumes().Get(w.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return v
}

// bind does what Kubernetes' controller of volumes does.
func (w *world) bind(claim string) {
	w.Helper()
	c := w.claim(claim)
	c.Spec.VolumeName = "pvc-" + string(c.UID)
	c.Status.Phase, c.Status.Capacity = v1.ClaimBound, v1.ResourceList{v1.ResourceStorage: *w.volume(c.Spec.VolumeName).Spec.Capacity.Storage()}
	if _, err := w.CoreV1().PersistentVolumeClaims("ns").Update(w.Context(), c, metav1.UpdateOptions{}); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// release deletes a claim, and does what Kubernetes' controller of volumes does then.
func (w *world) release(claim string) {
	w.Helper()
	v := w.volume("pvc-" + claim)
	if err := w.CoreV1().PersistentVolumeClaims("ns").Delete(w.Context(), claim, metav1.DeleteOptions{}); err != nil {
		w.Fatal(err)
	}
	v.Status.Phase = v1.VolumeReleased
	w.update(v)
}

func (w *world) update(v *v1.PersistentVolume) {
	w.Helper()
	if _, err := w.CoreV1().PersistentVolumes().Update(w.Context(), v, metav1.UpdateOptions{}); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// markDeleted does what an API server does to a volume with finalizers that is deleted;
// the fake one removes it at once.
func markDeleted(v *v1.PersistentVolume) *v1.PersistentVolume {
	v.DeletionTimestamp = &metav1.Time{Time: metav1.Now().Time}
	return v
}

func (w *world) told(what string) {
	w.Helper()
	w.events.mu.Lock()
	defer w.events.mu.Unlock()
	if !slices.ContainsFunc(w.events.all, func(e string) bool { return strings.Contains(e, what) }) {
		w.Errorf("nobody was told %q: %q", what, w.events.all)
	}
}

// A claim with a node gets a volume there as soon as the space has it, and not before.
func TestVolumeIsMade(t *testing.T) {
	play(t, func(w *world) {
		w.create(newClaim("data", "10Mi"))
		if v := w.volume("pvc-data"); v != nil || w.space.asked["pvc-data"] != (Volume{Name: "pvc-data", Node: "a", Bytes: 10 << 20}) {
			t.Errorf("the volume is %v, and the space was asked for %+v", v, w.space.asked)
		}
		w.say("pvc-data", func(s *space) { s.ready["pvc-data"] = 10 << 20 })
		v := w.volume("pvc-data")
		if v == nil || v.Spec.ClaimRef.Name != "data" || v.Spec.ClaimRef.UID != "data" || v.Spec.Local.Path != "/volumes/pvc-data" || v.Spec.StorageClassName != "ours" ||
			v.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimDelete || v.Spec.NodeAffinity == nil || v.Annotations[UnlimitedAnnotation] != "nothing counts" {
			t.Fatalf("%+v", v)
		}
		w.told("ProvisioningSucceeded: volume pvc-data is on node a; its size is not enforced: nothing counts")
		w.bind("data")
		if !w.space.asked["pvc-data"].Made {
			t.Error("an empty directory might take its place")
		}
	})
}

// Where a volume cannot be made the claim is free to go elsewhere, and tells why.
func TestVolumeCannotBeMade(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*v1.PersistentVolumeClaim)
		err    error
		want   string
	}{
		"the space says so": {func(*v1.PersistentVolumeClaim) {}, errors.New("the disk is full"), "the disk is full"},
		"a block device":    {func(c *v1.PersistentVolumeClaim) { c.Spec.VolumeMode = new(v1.PersistentVolumeBlock) }, nil, "volumeMode Block is not possible"},
		"several nodes": {func(c *v1.PersistentVolumeClaim) {
			c.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}
		}, nil, "pods of several nodes"},
		"a selector": {func(c *v1.PersistentVolumeClaim) { c.Spec.Selector = &metav1.LabelSelector{} }, nil, "selector"},
		"a snapshot": {func(c *v1.PersistentVolumeClaim) {
			c.Spec.DataSourceRef = &v1.TypedObjectReference{Kind: "VolumeSnapshot", Name: "x"}
		}, nil, "cannot be made from a VolumeSnapshot"},
		"a size that no node has": {func(c *v1.PersistentVolumeClaim) {
			c.Spec.Resources.Requests[v1.ResourceStorage] = resource.MustParse("5Ei")
		}, nil, "a volume of 5Ei is not possible: the largest has 256Ti"},
		"a copy of nothing": {func(c *v1.PersistentVolumeClaim) {
			c.Spec.DataSource = &v1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "x"}
		}, nil, "claim x, of whose volume it is to be a copy, is not bound"},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(w *world) {
				w.space.err = row.err
				w.create(newClaim("data", "10Mi", row.change))
				if on, is := w.claim("data").Annotations["volume.kubernetes.io/selected-node"]; is {
					t.Errorf("the claim is kept on node %q", on)
				}
				if w.volume("pvc-data") != nil || len(w.space.asked) > 0 {
					t.Errorf("there is a volume, or is going to be: %+v", w.space.asked)
				}
				w.told("ProvisioningFailed: ")
				w.told(row.want)
			})
		})
	}
}

// A volume that was just made, of which the controller has not heard yet, is not given up.
func TestVolumeIsNotSeenYet(t *testing.T) {
	play(t, func(w *world) {
		w.stop()
		w.PrependWatchReactor("persistentvolumes", func(clienttesting.Action) (bool, watch.Interface, error) { return true, watch.NewFake(), nil })
		w.start()
		w.create(newClaim("data", "10Mi"))
		w.say("pvc-data", func(s *space) { s.ready["pvc-data"] = 10 << 20 })
		if w.volume("pvc-data") == nil {
			t.Fatal("no volume is made")
		}
		w.say("pvc-data", func(s *space) { s.err = errors.New("the agent is lost") })
		if w.claim("data").Annotations["volume.kubernetes.io/selected-node"] != "a" || len(w.space.forgotten) > 0 {
			t.Errorf("it is given up: %+v, %v", w.claim("data").Annotations, w.space.forgotten)
		}
	})
}

// Nobody begins to make the volume: the claim does not keep its pod on that node for ever.
func TestNobodyMakesTheVolume(t *testing.T) {
	for name, begun := range map[string]bool{"it is not begun": false, "it takes long": true} {
		t.Run(name, func(t *testing.T) {
			play(t, func(w *world) {
				w.space.begun = begun
				w.create(newClaim("data", "10Mi"))
				time.Sleep(patience + time.Minute)
				synctest.Wait()
				if _, kept := w.claim("data").Annotations["volume.kubernetes.io/selected-node"]; kept != begun {
					t.Errorf("the claim is kept on its node: %v", kept)
				}
			})
		})
	}
}

// A copy is asked for where its source is, and not elsewhere.
func TestCopy(t *testing.T) {
	play(t, func(w *world) {
		w.create(newClaim("data", "10Mi"))
		w.say("pvc-data", func(s *space) { s.ready["pvc-data"] = 10 << 20 })
		w.bind("data")
		copyOf := func(c *v1.PersistentVolumeClaim) {
			c.Spec.DataSource = &v1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "data"}
		}
		w.create(newClaim("copy", "10Mi", copyOf))
		if w.space.asked["pvc-copy"].From != "pvc-data" {
			t.Errorf("%+v", w.space.asked)
		}
		w.create(newClaim("small", "5Mi", copyOf))
		w.told("is larger: ask for 10Mi at least")
		w.create(newClaim("far", "10Mi", copyOf, func(c *v1.PersistentVolumeClaim) { c.Annotations["volume.kubernetes.io/selected-node"] = "b" }))
		w.told("is on node a")
	})
}

// A claim that is deleted before it has its volume leaves nothing behind.
func TestClaimIsDeletedEarly(t *testing.T) {
	play(t, func(w *world) {
		w.create(newClaim("data", "10Mi"))
		if err := w.CoreV1().PersistentVolumeClaims("ns").Delete(t.Context(), "data", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Contains(w.space.forgotten, "pvc-data") {
			t.Error("the volume goes on being made")
		}
	})
}

// made has a volume of a bound claim.
func made(w *world, class string) *v1.PersistentVolume {
	w.create(newClaim("data", "10Mi", func(c *v1.PersistentVolumeClaim) { c.Spec.StorageClassName = &class }))
	w.say("pvc-data", func(s *space) { s.ready["pvc-data"] = 10 << 20 })
	w.bind("data")
	return w.volume("pvc-data")
}

// Data is removed when the claim is gone and the policy is Delete, that is written down
// before, and the volume exists until the data does not.
func TestReclaim(t *testing.T) {
	play(t, func(w *world) {
		v := made(w, "ours")
		v.DeletionTimestamp, v.Finalizers = &metav1.Time{Time: metav1.Now().Time}, append(v.Finalizers, protection)
		w.update(v) // somebody deletes it, but it has a claim
		if len(w.space.removing) > 0 {
			t.Fatal("data of a claim is removed")
		}
		v.Finalizers = []string{finalizer} // the claim is gone
		w.update(v)
		if !w.space.removing["pvc-data"] || w.volume("pvc-data").Finalizers == nil {
			t.Fatal("the volume is gone before its data")
		}
		w.told("its data is removed when an executor runs on node a")
		w.say("pvc-data", func(s *space) { s.removed["pvc-data"] = true })
		if v := w.volume("pvc-data"); v != nil && len(v.Finalizers) > 0 {
			t.Errorf("the volume stays: %+v", v)
		}
	})
}

// A released volume is deleted if that is its policy, and retained otherwise.
func TestRelease(t *testing.T) {
	for class, deleted := range map[string]bool{"ours": true, "kept": false} {
		t.Run(class, func(t *testing.T) {
			play(t, func(w *world) {
				made(w, class)
				w.release("data")
				if gone := w.volume("pvc-data") == nil; gone != deleted { // the fake API server knows no finalizers
					t.Errorf("it is deleted: %v", gone)
				}
			})
		})
	}
}

// The data of a volume that is retained is not touched, also when the volume is deleted.
func TestRetain(t *testing.T) {
	play(t, func(w *world) {
		made(w, "kept")
		w.release("data")
		w.update(markDeleted(w.volume("pvc-data")))
		if v := w.volume("pvc-data"); v != nil && len(v.Finalizers) > 0 || len(w.space.removing) > 0 {
			t.Errorf("the volume is %+v, data is removed of %v", v, w.space.removing)
		}
	})
}

// Volumes of others are none of our business, whatever they are called.
func TestVolumesOfOthers(t *testing.T) {
	v := markDeleted(&v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-x", Finalizers: []string{finalizer}}})
	play(t, func(w *world) {
		if len(w.space.asked)+len(w.space.removing) > 0 || len(w.volume("pvc-x").Finalizers) == 0 {
			t.Error("it was touched")
		}
	}, v)
}

// A claim that asks for more gets it once the space has it: then the volume says so, and
// the claim.
func TestGrowth(t *testing.T) {
	play(t, func(w *world) {
		made(w, "ours")
		c := w.claim("data")
		c.Spec.Resources.Requests[v1.ResourceStorage] = resource.MustParse("20Mi")
		c.Status.Conditions = []v1.PersistentVolumeClaimCondition{{Type: v1.PersistentVolumeClaimResizing}}
		if _, err := w.CoreV1().PersistentVolumeClaims("ns").Update(t.Context(), c, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		size := func() string { return w.volume("pvc-data").Spec.Capacity.Storage().String() }
		if w.space.asked["pvc-data"].Bytes != 20<<20 || size() != "10Mi" {
			t.Errorf("the space is asked for %+v, the volume has %s", w.space.asked["pvc-data"], size())
		}
		w.say("pvc-data", func(s *space) { s.err = errors.New("no room") })
		w.told("VolumeResizeFailed: no room")
		if w.space.asked["pvc-data"].Bytes != 20<<20 {
			t.Errorf("the space is asked for %+v while the claim asks for more", w.space.asked["pvc-data"])
		}
		w.say("pvc-data", func(s *space) { s.err, s.ready["pvc-data"] = nil, 20<<20 })
		if got := w.claim("data").Status; size() != "20Mi" || got.Capacity.Storage().String() != "20Mi" || len(got.Conditions) > 0 {
			t.Errorf("the volume has %s, the claim %+v", size(), got)
		}
	})
}

// The next leader asks for all that there is before it lets go of anything.
func TestNextLeader(t *testing.T) {
	play(t, func(w *world) {
		made(w, "ours")
		w.create(newClaim("late", "10Mi"))
		w.stop()
		w.start()
		if a, b := w.space.asked["pvc-data"], w.space.asked["pvc-late"]; !a.Made || a.Node != "a" || b.Made || b.Name == "" || len(w.space.forgotten) > 0 {
			t.Errorf("it asks for %+v, and forgets %v", w.space.asked, w.space.forgotten)
		}
	})
}

// The classes are made where they are missing, and left as they are otherwise. There is one
// default.
func TestClasses(t *testing.T) {
	play(t, func(w *world) {
		w.stop()
		for name, isDefault := range map[string]string{"ours": "true", "kept": ""} {
			class, err := w.StorageV1().StorageClasses().Get(t.Context(), name, metav1.GetOptions{})
			if err != nil || class.Annotations[defaultAnnotation] != isDefault {
				t.Fatalf("class %s: %+v, %v", name, class, err)
			}
		}
		class, err := w.StorageV1().StorageClasses().Get(t.Context(), "ours", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		class.Annotations[defaultAnnotation] = "false"
		if _, err := w.StorageV1().StorageClasses().Update(t.Context(), class, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		w.start()
		if class, err := w.StorageV1().StorageClasses().Get(t.Context(), "ours", metav1.GetOptions{}); err != nil || class.Annotations[defaultAnnotation] != "false" {
			t.Errorf("%+v, %v", class, err)
		}
	})
}
