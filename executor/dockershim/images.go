package dockershim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	docker "github.com/fsouza/go-dockerclient"
	"golang.org/x/sys/unix"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/engine"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pause"
	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/spec"
)

// images answers the calls about images; they have no owner.
type images struct {
	engine       *engine.Engine
	pullProgress time.Duration // see Config.PullProgress
	pulling      func(context.Context, Pull, string)
	refs         cache[string] // of images, by image id
}

// image returns the local image with a name or id.
func (s *images) image(ctx context.Context, name string) (*docker.Image, error) {
	if name == "" {
		return nil, spec.Invalid("no image named")
	}
	client, err := s.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	lookup := name
	if !spec.IsImageID(name) {
		full, err := spec.ParseImage(name)
		if err != nil {
			return nil, err
		}
		lookup = full.String()
	}
	image, err := client.InspectImage(lookup)
	if err != nil {
		return nil, err
	}
	if !spec.IsImage(name, image.RepoTags, image.RepoDigests) {
		return nil, docker.ErrNoSuchImage
	}
	return image, nil
}

// imageID returns the id of a local image; the kubelet usually passes the id.
func (s *images) imageID(ctx context.Context, name string) (string, error) {
	if strings.HasPrefix(name, "sha256:") {
		return name, nil
	}
	image, err := s.image(ctx, name)
	if err != nil {
		return "", fmt.Errorf("image %s: %w", name, err)
	}
	return image.ID, nil
}

// imageRef returns the image's identity for a pod's status: the name and digest that
// it was pulled by, or its id if it was built here.
func (s *images) imageRef(ctx context.Context, id string) string {
	if ref, ok := s.refs.get(id); ok {
		return ref
	}
	ref := id
	if image, err := s.image(ctx, id); err == nil {
		if digests := spec.Named(image.RepoDigests); len(digests) > 0 {
			ref = digests[0]
		}
		s.refs.set(id, ref)
	}
	return ref
}

// ImageStatus describes a local image; the response has no image if it is not here.
func (s *images) ImageStatus(ctx context.Context, req *runtimeapi.ImageStatusRequest) (*runtimeapi.ImageStatusResponse, error) {
	image, err := s.image(ctx, req.GetImage().GetImage())
	if err != nil {
		return &runtimeapi.ImageStatusResponse{}, ignoreGone(err)
	}
	answer := criImage(image.ID, image.RepoTags, image.RepoDigests, image.Size)
	if image.Config != nil {
		answer.Uid, answer.Username = spec.ImageUser(image.Config.User)
	}
	return &runtimeapi.ImageStatusResponse{Image: answer}, nil
}

// ListImages lists all local images, or the one in the filter.
func (s *images) ListImages(ctx context.Context, req *runtimeapi.ListImagesRequest) (*runtimeapi.ListImagesResponse, error) {
	if name := req.GetFilter().GetImage().GetImage(); name != "" {
		one, err := s.ImageStatus(ctx, &runtimeapi.ImageStatusRequest{Image: req.Filter.Image})
		if err != nil || one.Image == nil {
			return &runtimeapi.ListImagesResponse{}, err
		}
		return &runtimeapi.ListImagesResponse{Images: []*runtimeapi.Image{one.Image}}, nil
	}
	client, err := s.engine.Client(ctx)
	if err != nil {
		return nil, err
	}
	images, err := client.ListImages(docker.ListImagesOptions{Context: ctx})
	if err != nil {
		return nil, err
	}
	answer := &runtimeapi.ListImagesResponse{}
	for _, i := range images {
		answer.Images = append(answer.Images, criImage(i.ID, i.RepoTags, i.RepoDigests, i.Size))
	}
	return answer, nil
}

// criImage describes an image. The sandbox's image is pinned: the kubelet must not
// collect it.
func criImage(id string, tags, digests []string, size int64) *runtimeapi.Image {
	return &runtimeapi.Image{
		Id:          id,
		RepoTags:    spec.Named(tags),
		RepoDigests: spec.Named(digests),
		Size:        uint64(max(size, 0)),
		Spec:        &runtimeapi.ImageSpec{Image: id},
		Pinned:      slices.ContainsFunc(tags, func(t string) bool { return strings.HasPrefix(t, pause.Repository+":") }),
	}
}

// ImageFsInfo reports how full the file system with Docker's data is.
func (s *images) ImageFsInfo(ctx context.Context, _ *runtimeapi.ImageFsInfoRequest) (*runtimeapi.ImageFsInfoResponse, error) {
	d, err := s.engine.Daemon(ctx)
	if err != nil {
		return nil, err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(d.Root, &fs); err != nil {
		return nil, fmt.Errorf("file system of %s: %w", d.Root, err)
	}
	usage := []*runtimeapi.FilesystemUsage{{
		Timestamp:  time.Now().UnixNano(),
		FsId:       &runtimeapi.FilesystemIdentifier{Mountpoint: d.Root},
		UsedBytes:  &runtimeapi.UInt64Value{Value: (fs.Blocks - fs.Bfree) * uint64(fs.Bsize)},
		InodesUsed: &runtimeapi.UInt64Value{Value: fs.Files - fs.Ffree},
	}}
	return &runtimeapi.ImageFsInfoResponse{ImageFilesystems: usage, ContainerFilesystems: usage}, nil
}
