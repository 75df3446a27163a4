package dockershim

import (
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// channels are the streams of a websocket as Kubernetes numbers them: 0 is stdin,
// 1 stdout, 2 stderr, 3 the result, 4 the terminal's size.
type channels struct {
	*node
	conn *websocket.Conn
	got  [5]strings.Builder
}

func (n *node) dial(url string) *channels {
	n.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"v4.channel.k8s.io"}}
	conn, _, err := dialer.DialContext(n.Context(), strings.Replace(url, "http://", "ws://", 1), nil)
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { conn.Close() })
	return &channels{node: n, conn: conn}
}

func (c *channels) send(channel byte, text string) {
	c.Helper()
	if err := c.conn.WriteMessage(websocket.BinaryMessage, append([]byte{channel}, text...)); err != nil {
		c.Fatal(err)
	}
}

// until reads until a channel holds text, or the connection ends.
func (c *channels) until(channel int, text string) {
	c.Helper()
	for !strings.Contains(c.got[channel].String(), text) {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			c.Fatalf("channel %d never held %q: %v; it holds %q", channel, text, err, c.got[channel].String())
		}
		if len(message) > 0 && int(message[0]) < len(c.got) {
			c.got[message[0]].Write(message[1:])
		}
	}
}

func TestExecStream(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	_, id, _ := n.run("sleep 1000")
	url := func(req *runtimeapi.ExecRequest) string {
		req.ContainerId = id
		return must[*runtimeapi.ExecResponse](n)(n.Exec(t.Context(), req)).Url
	}

	c := n.dial(url(&runtimeapi.ExecRequest{Cmd: []string{"sh", "-c", "read x; echo got $x; echo bad >&2; exit 5"}, Stdin: true, Stdout: true, Stderr: true}))
	c.send(0, "line\n")
	c.until(1, "got line\n")
	c.until(2, "bad\n")
	c.until(3, `"5"`) // the exit code is a cause in the result

	c = n.dial(url(&runtimeapi.ExecRequest{Cmd: []string{"sh"}, Stdin: true, Stdout: true, Tty: true}))
	c.send(4, `{"Width":123,"Height":45}`)
	c.send(0, "while [ \"$(stty size)\" != \"45 123\" ]; do sleep 0.05; done; echo the\" size\" came\n")
	c.until(1, "the size came")
	c.send(0, "exit\n")
	c.until(3, `"Success"`)
}

func TestAttachStream(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	_, id, _ := n.run("while read x; do echo got $x; [ $x = end ] && exit 0; done", func(c *runtimeapi.ContainerConfig) {
		c.Stdin, c.StdinOnce = true, true
	})
	answer := must[*runtimeapi.AttachResponse](n)(n.Attach(t.Context(), &runtimeapi.AttachRequest{ContainerId: id, Stdin: true, Stdout: true, Stderr: true}))
	c := n.dial(answer.Url)
	c.send(0, "a\n")
	c.until(1, "got a\n")
	c.send(0, "end\n")
	c.until(1, "got end\n")
	if s := n.exited(id); s.ExitCode != 0 {
		t.Errorf("status %v", s)
	}
}

// A URL is valid for one connection.
func TestStreamURLIsUsedOnce(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	_, id, _ := n.run("sleep 1000")
	url := must[*runtimeapi.ExecResponse](n)(n.Exec(t.Context(), &runtimeapi.ExecRequest{ContainerId: id, Cmd: []string{"true"}, Stdout: true})).Url
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("url %s is not on loopback", url)
	}
	n.dial(url).until(3, `"Success"`)
	_, answer, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http://", "ws://", 1), nil)
	if err == nil || answer.StatusCode != 404 {
		t.Errorf("second use: %v %v", answer, err)
	}
}

// Ports are reachable at the pod's own loopback address.
func TestPortForward(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.network = runtimeapi.NamespaceMode_POD
	sandbox, id, _ := n.run("echo hello > /tmp/index.html; exec httpd -f -p 127.0.0.1:8080 -h /tmp")
	n.eventually("server listens", func() bool {
		answer := must[*runtimeapi.ExecSyncResponse](n)(n.ExecSync(t.Context(), &runtimeapi.ExecSyncRequest{ContainerId: id, Cmd: []string{"wget", "-q", "-O", "-", "http://127.0.0.1:8080/index.html"}}))
		return answer.ExitCode == 0
	})
	answer := must[*runtimeapi.PortForwardResponse](n)(n.PortForward(t.Context(), &runtimeapi.PortForwardRequest{PodSandboxId: sandbox, Port: []int32{8080}}))
	c := n.dial(answer.Url + "?port=8080")
	c.send(0, "GET /index.html HTTP/1.0\r\n\r\n")
	c.until(0, "hello")

	c = n.dial(must[*runtimeapi.PortForwardResponse](n)(n.PortForward(t.Context(), &runtimeapi.PortForwardRequest{PodSandboxId: sandbox, Port: []int32{9}})).Url + "?port=9")
	c.until(1, "refused")
}
