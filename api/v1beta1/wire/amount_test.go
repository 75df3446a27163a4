package wire

import (
	"encoding/json"
	"testing"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		milli, whole int64
	}{
		`4000`: {4000000, 4000}, `"0.29"`: {290, 0}, `"1.5"`: {1500, 1}, `"2"`: {2000, 2}, `"-0.5"`: {-500, 0},
		`"1e3"`: {1000000, 1000}, `"0.0009"`: {0, 0}, `67108864`: {67108864000, 67108864},
	} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		back, err := json.Marshal(a)
		if a.Milli() != want.milli || a.Whole() != want.whole || err != nil || string(back) != text {
			t.Errorf("%s: %d/1000, %d, written as %s (%v)", text, a.Milli(), a.Whole(), back, err)
		}
	}
	for _, text := range []string{`1.5`, `"250m"`, `"64Mi"`, `"abc"`, `""`, `"inf"`, `"0x10"`, `"1_0"`, `"1e300"`, `99999999999999999999`, `true`, `{}`} {
		var a Amount
		if err := json.Unmarshal([]byte(text), &a); err == nil {
			t.Errorf("%s is read as %v", text, a)
		}
	}
}

func TestDefaultPullPolicy(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"busybox": "PullIfNotPresent", "busybox:1": "PullIfNotPresent", "busybox:latest": "PullAlways",
		"registry:5000/x": "PullIfNotPresent", "latest": "PullAlways",
	} {
		c := Container{Image: image}
		if c.Default(); c.ImagePullPolicy != want {
			t.Errorf("%s: %s, want %s", image, c.ImagePullPolicy, want)
		}
	}
}
