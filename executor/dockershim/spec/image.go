package spec

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	docker "github.com/fsouza/go-dockerclient"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// IsImageID reports whether name is an image's id; only such names are looked up as ids.
func IsImageID(name string) bool { return imageIDs.MatchString(name) }

var imageIDs = regexp.MustCompile(`^(sha256:)?[0-9a-f]{64}$`)

// ParseImage returns the full name of an image: nginx is
// docker.io/library/nginx:latest.
func ParseImage(name string) (reference.Named, error) {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return nil, Invalid("image %q: %v", name, err)
	}
	return reference.TagNameOnly(named), nil
}

// IsImage reports whether an image that Docker found for name is the one meant.
// Docker also treats a name as the beginning of an id, so the name "cafe" may find
// another image.
func IsImage(name string, tags, digests []string) bool {
	if IsImageID(name) {
		return true
	}
	want, err := ParseImage(name)
	if err != nil {
		return false
	}
	list := tags
	if d, ok := want.(reference.Canonical); ok { // the digest decides, whatever the tag
		list = digests
		if want, err = reference.WithDigest(reference.TrimNamed(want), d.Digest()); err != nil {
			return false
		}
	}
	for _, has := range list {
		if named, err := reference.ParseNormalizedNamed(has); err == nil && named.String() == want.String() {
			return true
		}
	}
	return false
}

// Pull returns what to pull: a repository, and a tag or a digest of it.
func Pull(name string) (repository, tag string, err error) {
	named, err := ParseImage(name)
	if err != nil {
		return "", "", err
	}
	repository = reference.FamiliarName(named)
	switch n := named.(type) {
	case reference.Canonical:
		return repository, n.Digest().String(), nil
	case reference.Tagged:
		return repository, n.Tag(), nil
	}
	return repository, "", nil
}

// Auth translates credentials; the kubelet may pass user and password as one
// base64 string.
func Auth(a *runtimeapi.AuthConfig) (docker.AuthConfiguration, error) {
	if a == nil {
		return docker.AuthConfiguration{}, nil
	}
	auth := docker.AuthConfiguration{
		Username:      a.Username,
		Password:      a.Password,
		ServerAddress: a.ServerAddress,
		IdentityToken: a.IdentityToken,
		RegistryToken: a.RegistryToken,
	}
	if a.Auth != "" && a.Username == "" {
		text, err := base64.StdEncoding.DecodeString(a.Auth)
		user, password, ok := strings.Cut(strings.TrimRight(string(text), "\x00"), ":")
		if err != nil || !ok {
			return auth, Invalid("image pull secret: auth is not base64 of user:password")
		}
		auth.Username, auth.Password = user, password
	}
	return auth, nil
}

// ImageUser converts an image's user to the CRI's form: a number or a name.
func ImageUser(user string) (*runtimeapi.Int64Value, string) {
	user, _, _ = strings.Cut(user, ":")
	if user == "" {
		return nil, ""
	}
	if uid, err := strconv.ParseInt(user, 10, 64); err == nil {
		return &runtimeapi.Int64Value{Value: uid}, ""
	}
	return nil, user
}

// Named leaves out Docker's placeholder for images without a name.
func Named(names []string) []string {
	var list []string
	for _, n := range names {
		if !strings.HasPrefix(n, "<none>") {
			list = append(list, n)
		}
	}
	return list
}
