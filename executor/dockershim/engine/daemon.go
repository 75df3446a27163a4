package engine

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	docker "github.com/fsouza/go-dockerclient"
)

// apiWanted is the Docker API version that the shim is written for. A daemon that does
// not support it decides: 20.10 speaks up to 1.41, 29 no less than 1.44.
const apiWanted = "1.44"

// Daemon is a daemon that was found, with the facts that do not change while it runs.
type Daemon struct {
	Version       string // of the engine
	Arch          string
	Root          string // Docker's root directory
	SystemdCgroup bool
	OOMFloor      int // lowest oom_score_adj that a container may have

	client *docker.Client
	prefix string // of API paths: /v1.41
}

// connect connects to the daemon at endpoint and identifies it.
func connect(ctx context.Context, endpoint string) (*Daemon, error) {
	first, err := newClient(endpoint, "")
	if err != nil {
		return nil, err
	}
	env, err := first.VersionWithContext(ctx)
	if err != nil {
		return nil, err
	}
	version, err := negotiate(env.Get("MinAPIVersion"), env.Get("ApiVersion"))
	if err != nil {
		return nil, err
	}
	client, err := newClient(endpoint, version)
	if err != nil {
		return nil, err
	}
	// A client's first call looks up the server's version and stores it without a
	// lock; after that the client is only read, and may be copied.
	own := client.HTTPClient
	client = bind(client, boundTransport{ctx, own.Transport, func() {}, func() {}})
	info, err := client.Info()
	if err != nil {
		return nil, err
	}
	client.HTTPClient = own
	return &Daemon{
		client:        client,
		prefix:        "/v" + version,
		Version:       env.Get("Version"),
		Arch:          env.Get("Arch"),
		Root:          info.DockerRootDir,
		SystemdCgroup: info.CgroupDriver == "systemd",
		OOMFloor:      oomFloor(endpoint),
	}, nil
}

// newClient honours DOCKER_TLS_VERIFY and DOCKER_CERT_PATH as Docker's own
// client does.
func newClient(endpoint, version string) (*docker.Client, error) {
	dir := os.Getenv("DOCKER_CERT_PATH")
	if os.Getenv("DOCKER_TLS_VERIFY") == "" || dir == "" {
		return docker.NewVersionedClient(endpoint, version)
	}
	return docker.NewVersionedTLSClient(endpoint,
		filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem"), version)
}

// negotiate returns the API version to use with a daemon that supports lowest to
// highest.
func negotiate(lowest, highest string) (string, error) {
	want, err := docker.NewAPIVersion(apiWanted)
	if err != nil {
		return "", err
	}
	most, err := docker.NewAPIVersion(highest)
	if err != nil {
		return "", errors.New("the daemon does not say which API version it speaks")
	}
	if most.LessThan(want) {
		return most.String(), nil
	}
	if least, err := docker.NewAPIVersion(lowest); err == nil && want.LessThan(least) {
		return least.String(), nil
	}
	return want.String(), nil
}

// LogFile returns the file to which Docker's json-file driver writes a container's log.
func (d *Daemon) LogFile(id string) string {
	return filepath.Join(d.Root, "containers", id, id+"-json.log")
}

// base returns the base URL for API calls that the client library has no method for.
func (d *Daemon) base() string {
	u, err := url.Parse(d.client.Endpoint())
	if err != nil || u.Scheme == "unix" {
		return "http://docker" + d.prefix
	}
	if d.client.TLSConfig != nil {
		return "https://" + u.Host + d.prefix
	}
	return "http://" + u.Host + d.prefix
}
