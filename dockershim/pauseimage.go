package dockershim

import (
	"bytes"
	"context"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/kubernetes-mesos/kubernetes-mesos/dockershim/pause"
)

// pauseImage is cheap enough to be made for every sandbox: a few kilobytes.
func pauseImage(arch string) (pause.Image, error) {
	image, err := pause.New(arch)
	if err != nil {
		return pause.Image{}, fmt.Errorf("the sandbox's image: %w", err)
	}
	return image, nil
}

// load hands the daemon the pause image, which it lacks.
func (s *service) load(ctx context.Context, image pause.Image) error {
	client, err := s.engine.in(ctx)
	if err != nil {
		return err
	}
	var said bytes.Buffer
	err = client.LoadImage(docker.LoadImageOptions{InputStream: bytes.NewReader(image.Tar), OutputStream: &said, Context: ctx})
	if err != nil {
		return fmt.Errorf("loading %s into Docker: %w %s", image.Name, err, said.String())
	}
	return nil
}
