package spec

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestPullNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"nginx":                               {"nginx", "latest"},
		"nginx:1.27":                          {"nginx", "1.27"},
		"docker.io/library/nginx":             {"nginx", "latest"},
		"registry:5000/team/app":              {"registry:5000/team/app", "latest"},
		"registry:5000/team/app:v1":           {"registry:5000/team/app", "v1"},
		"nginx@" + digest:                     {"nginx", digest},
		"registry:5000/app:v1@" + digest:      {"registry:5000/app", digest},
		"quay.io/a/b":                         {"quay.io/a/b", "latest"},
		"localhost/a":                         {"localhost/a", "latest"},
		"user/app":                            {"user/app", "latest"},
		"registry.example.com/deep/er/path:x": {"registry.example.com/deep/er/path", "x"},
	} {
		repository, tag, err := Pull(name)
		if err != nil || repository != want[0] || tag != want[1] {
			t.Errorf("%s: pulls %q, %q, %v; want %q", name, repository, tag, err, want)
		}
	}
	for _, name := range []string{"", "Not An Image", "host/UPPER", "a@sha256:1", "https://host/a", strings.Repeat("0", 64)} {
		var invalid *InvalidError
		if _, _, err := Pull(name); !errors.As(err, &invalid) {
			t.Errorf("%q: %v, want an InvalidError", name, err)
		}
	}
}

// An image is the one meant if one of its names is; an id is only compared by Docker.
func TestIsImage(t *testing.T) {
	t.Parallel()
	tags := []string{"nginx:latest", "registry:5000/app:v1"}
	digests := []string{"nginx@" + digest}
	for name, want := range map[string]bool{
		"nginx":                               true,
		"docker.io/library/nginx:latest":      true,
		"nginx:1.27":                          false,
		"registry:5000/app:v1":                true,
		"registry:5000/app":                   false,
		"nginx@" + digest:                     true,
		"nginx:other@" + digest:               true, // the digest decides
		"other@" + digest:                     false,
		digest:                                true,
		strings.TrimPrefix(digest, "sha256:"): true,
		"0123456789ab":                        false, // the beginning of an id is a name
		"Not An Image":                        false,
	} {
		if got := IsImage(name, tags, digests); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestAuth(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		from *runtimeapi.AuthConfig
		want docker.AuthConfiguration
	}{
		"none":     {nil, docker.AuthConfiguration{}},
		"user":     {&runtimeapi.AuthConfig{Username: "u", Password: "p", ServerAddress: "r"}, docker.AuthConfiguration{Username: "u", Password: "p", ServerAddress: "r"}},
		"token":    {&runtimeapi.AuthConfig{IdentityToken: "i", RegistryToken: "t"}, docker.AuthConfiguration{IdentityToken: "i", RegistryToken: "t"}},
		"encoded":  {&runtimeapi.AuthConfig{Auth: encode("u:p:q")}, docker.AuthConfiguration{Username: "u", Password: "p:q"}},
		"padded":   {&runtimeapi.AuthConfig{Auth: encode("u:p\x00\x00")}, docker.AuthConfiguration{Username: "u", Password: "p"}},
		"explicit": {&runtimeapi.AuthConfig{Auth: encode("x:y"), Username: "u", Password: "p"}, docker.AuthConfiguration{Username: "u", Password: "p"}},
	} {
		if got, err := Auth(c.from); got != c.want || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, bad := range []string{"%", encode("user-only")} {
		if _, err := Auth(&runtimeapi.AuthConfig{Auth: bad}); err == nil || strings.Contains(err.Error(), "user-only") {
			t.Errorf("%q: %v, want an error without the secret", bad, err)
		}
	}
}

func TestImageUser(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]struct {
		uid  int64 // -1: none
		name string
	}{
		"": {-1, ""}, "0": {0, ""}, "1000": {1000, ""}, "1000:100": {1000, ""}, "www": {-1, "www"}, "www:data": {-1, "www"}, ":100": {-1, ""},
	} {
		uid, name := ImageUser(user)
		if (uid == nil) != (want.uid < 0) || uid != nil && uid.Value != want.uid || name != want.name {
			t.Errorf("%q: %v, %q", user, uid, name)
		}
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	if got := Named([]string{"<none>:<none>", "a:1", "<none>@<none>", "b:2"}); !slices.Equal(got, []string{"a:1", "b:2"}) {
		t.Errorf("got %q", got)
	}
}
