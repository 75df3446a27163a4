package dockershim

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// faulty is a proxy between the shim and Docker. It forwards each request, and may
// withhold the answer or the request.
type faulty struct {
	*testing.T
	path string

	lose  atomic.Pointer[string] // part of the path of the one request whose answer is lost
	hang  atomic.Bool            // requests are not forwarded
	lists atomic.Int32           // requests for lists of containers

	mu    sync.Mutex // guards conns
	conns []net.Conn
	l     net.Listener
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{T: t, path: filepath.Join(t.TempDir(), "docker.sock")}
	f.up()
	t.Cleanup(f.down)
	return f
}

func (f *faulty) endpoint(c *Config) { c.Docker = "unix://" + f.path }

// up begins to listen; down stops that and ends every connection, as when the daemon
// stops.
func (f *faulty) up() {
	f.Helper()
	l, err := net.Listen("unix", f.path)
	if err != nil {
		f.Fatal(err)
	}
	f.l = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.keep(conn)
			go f.serve(conn)
		}
	}()
}

func (f *faulty) keep(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = append(f.conns, conn)
}

func (f *faulty) down() {
	f.l.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.Close()
	}
	f.conns = nil
}

func (f *faulty) serve(conn net.Conn) {
	defer conn.Close()
	docker, err := net.Dial("unix", "/var/run/docker.sock")
	if err != nil {
		return
	}
	f.keep(docker)
	defer docker.Close()
	from, answers := bufio.NewReader(conn), bufio.NewReader(docker)
	for {
		req, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		if f.hang.Load() {
			io.Copy(io.Discard, from) // until the caller gives up
			return
		}
		if strings.HasSuffix(req.URL.Path, "/containers/json") {
			f.lists.Add(1)
		}
		req.RequestURI = ""
		if err := req.Write(docker); err != nil {
			return
		}
		answer, err := http.ReadResponse(answers, req)
		if err != nil {
			return
		}
		if part := f.lose.Load(); part != nil && strings.Contains(req.URL.Path, *part) && f.lose.CompareAndSwap(part, nil) {
			return
		}
		if err := answer.Write(conn); err != nil {
			return
		}
		if answer.StatusCode == http.StatusSwitchingProtocols { // a stream from here on
			go io.Copy(docker, from)
			io.Copy(conn, answers)
			return
		}
	}
}

func (f *faulty) loseAnswerOf(part string) { f.lose.Store(&part) }

// If the answer to a container's creation is lost, the kubelet's next attempt reuses the
// container instead of making another; the same holds for a started sandbox.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	n := newNode(t, f.endpoint)
	ctx := t.Context()
	pod := n.pod("php")
	run := func() (string, error) {
		answer, err := n.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: pod})
		return answer.GetPodSandboxId(), err
	}
	must[*runtimeapi.VersionResponse](n)(n.Version(ctx, &runtimeapi.VersionRequest{}))

	f.loseAnswerOf("/containers/create")
	_, err := run()
	n.wantCode(err, codes.Unavailable)
	sandbox, err := run()
	if err != nil {
		t.Fatal(err)
	}
	config := n.container("web", "sleep 1000")
	f.loseAnswerOf("/containers/create")
	create := &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox, SandboxConfig: pod, Config: config}
	_, err = n.CreateContainer(ctx, create)
	n.wantCode(err, codes.Unavailable)
	id := must[*runtimeapi.CreateContainerResponse](n)(n.CreateContainer(ctx, create)).ContainerId
	f.loseAnswerOf("/start")
	_, err = n.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: id})
	n.wantCode(err, codes.Unavailable)
	n.startContainer(id)

	// Another configuration with the same name replaces the first one's container.
	must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id}))
	config.Command = []string{"sleep", "2000"}
	if next := n.create(sandbox, pod, config); next == id {
		t.Error("a container of another configuration was taken over")
	}
	list := must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(ctx, &runtimeapi.ListContainersRequest{})).Containers
	pods := must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})).Items
	if len(list) != 1 || len(pods) != 1 {
		t.Errorf("%d sandboxes and %d containers", len(pods), len(list))
	}
	for _, part := range []string{"/stop", "/containers/"} {
		f.loseAnswerOf(part)
		_, err := n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: list[0].Id})
		n.wantCode(err, codes.Unavailable)
		must[*runtimeapi.StopContainerResponse](n)(n.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: list[0].Id}))
	}
	f.loseAnswerOf("/containers/" + list[0].Id)
	_, err = n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: list[0].Id})
	n.wantCode(err, codes.Unavailable)
	must[*runtimeapi.RemoveContainerResponse](n)(n.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: list[0].Id}))
}

// Without Docker, calls fail at once and say so, and Status reports it; when Docker
// is back, the next call works.
func TestDockerComesAndGoes(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.down()
	n := newNode(t, f.endpoint)
	ctx := t.Context()
	ready := func() bool {
		return must[*runtimeapi.StatusResponse](n)(n.Status(ctx, &runtimeapi.StatusRequest{})).Status.Conditions[0].Status
	}
	absent := func() {
		t.Helper()
		_, err := n.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
		n.wantCode(err, codes.Unavailable)
		_, err = n.Version(ctx, &runtimeapi.VersionRequest{})
		n.wantCode(err, codes.Unavailable)
		if ready() {
			t.Error("ready without Docker")
		}
	}
	absent()
	for range 2 {
		f.up()
		if !ready() {
			t.Error("not ready with Docker")
		}
		must[*runtimeapi.ListContainersResponse](n)(n.ListContainers(ctx, &runtimeapi.ListContainersRequest{}))
		f.down()
		n.unheard()
		absent()
	}
	f.up()
}

// A daemon that hangs does not hang its callers beyond their time.
func TestDockerHangs(t *testing.T) {
	t.Parallel()
	for _, warm := range []bool{true, false} {
		f := newFaulty(t)
		n := newNode(t, f.endpoint)
		if warm {
			must[*runtimeapi.VersionResponse](n)(n.Version(t.Context(), &runtimeapi.VersionRequest{}))
		}
		f.hang.Store(true)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				started := time.Now()
				_, err := n.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})
				n.wantCode(err, codes.DeadlineExceeded)
				if took := time.Since(started); took > 5*time.Second {
					t.Errorf("the call took %v", took)
				}
			})
		}
		all.Wait()
		f.hang.Store(false)
		must[*runtimeapi.ListPodSandboxResponse](n)(n.ListPodSandbox(t.Context(), &runtimeapi.ListPodSandboxRequest{}))
	}
}
