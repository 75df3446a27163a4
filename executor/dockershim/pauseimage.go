package dockershim

import (
	"bytes"
	"context"
	"fmt"

	docker "github.com/fsouza/go-dockerclient"

	"github.com/kubernetes-mesos/kubernetes-mesos/executor/dockershim/pause"
)

// pauseImage returns the image of sandboxes. It is a few kilobytes, cheap enough to
// make for every sandbox.
func pauseImage(arch string) (pause.Image, error) {
	image, err := pause.New(arch)
	if err != nil {
		return pause.Image{}, fmt.Errorf("the sandbox's image: %w", err)
	}
	return image, nil
}

// load loads the pause image into the daemon, which lacks it.
func (s *sandboxes) load(ctx context.Context, image pause.Image) error {
	client, err := s.inventory.engine.Client(ctx)
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
