package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
)

func kill(task string) *pb.SchedulerCall {
	return &pb.SchedulerCall{Type: pb.SchedulerCall_KILL.Enum(), Kill: &pb.SchedulerCall_Kill{TaskId: &pb.TaskID{Value: &task}}}
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// A call is read in either encoding, or refused with the status of a real master.
func TestReadCall(t *testing.T) {
	t.Parallel()
	want := kill("t")
	binary, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := codecOf(JSON)
	text, err := c.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		name, method, contentType, encoding string
		body                                []byte
		refused                             int
	}{
		{"protobuf", "POST", Protobuf, "", binary, 0},
		{"JSON", "POST", JSON, "", text, 0},
		{"JSON with an enum as number", "POST", JSON, "", []byte(`{"type": 6, "kill": {"task_id": {"value": "t"}}}`), 0},
		{"an unknown field", "POST", JSON, "", []byte(`{"new": [1], "type": "KILL", "kill": {"task_id": {"value": "t"}}}`), 0},
		{"zipped", "POST", Protobuf, "gzip", zipped(binary), 0},
		{"GET", "GET", Protobuf, "", binary, http.StatusMethodNotAllowed},
		{"no type", "POST", "", "", binary, http.StatusBadRequest},
		{"with a parameter", "POST", JSON + "; charset=utf-8", "", text, http.StatusUnsupportedMediaType},
		{"text", "POST", "text/plain", "", text, http.StatusUnsupportedMediaType},
		{"half", "POST", Protobuf, "", binary[:len(binary)-1], http.StatusBadRequest},
		{"two", "POST", JSON, "", append(append([]byte{}, text...), text...), http.StatusBadRequest},
		{"not zipped", "POST", Protobuf, "gzip", binary, http.StatusBadRequest},
		{"too long", "POST", Protobuf, "", make([]byte, maxCall+1), http.StatusBadRequest},
	} {
		request := httptest.NewRequest(r.method, "/", bytes.NewReader(r.body))
		if request.Header.Del("Content-Type"); r.contentType != "" {
			request.Header.Set("Content-Type", r.contentType)
		}
		request.Header.Set("Content-Encoding", r.encoding)
		got := &pb.SchedulerCall{}
		switch refusal := ReadCall(request, got); {
		case refusal != nil && refusal.Status != r.refused:
			t.Errorf("%s: refused with %+v, want %d", r.name, refusal, r.refused)
		case refusal == nil && (r.refused != 0 || !proto.Equal(got, want)):
			t.Errorf("%s: read %v", r.name, got)
		}
	}
}

func TestAnswerCodec(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": JSON, "*/*": JSON, "application/*": JSON, JSON: JSON, Protobuf: Protobuf, Protobuf + "," + JSON: JSON,
		"text/html, " + Protobuf + ";q=0.5": Protobuf, "text/html": "", JSON + "x": "",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		c, refusal := AnswerCodec(r)
		if c.ContentType != want || (refusal != nil) != (want == "") || refusal != nil && refusal.Status != http.StatusNotAcceptable {
			t.Errorf("Accept: %s: %s, %+v; want %s", accept, c.ContentType, refusal, want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for status, header := range map[int]string{http.StatusMethodNotAllowed: "Allow", http.StatusUnauthorized: "Www-Authenticate", http.StatusBadRequest: ""} {
		w := httptest.NewRecorder()
		Refuse(status, "not %s", "so").Write(w, "Basic")
		for _, h := range []string{"Allow", "Www-Authenticate"} {
			if got := w.Header().Get(h); (got != "") != (h == header) {
				t.Errorf("%d with %s: %q", status, h, got)
			}
		}
		if w.Code != status || strings.TrimSpace(w.Body.String()) != "not so" {
			t.Errorf("%d: %d %s", status, w.Code, w.Body)
		}
	}
	c, _ := codecOf(Protobuf)
	w := httptest.NewRecorder()
	WriteMessage(w, c, kill("t"))
	got := &pb.SchedulerCall{}
	if b, err := io.ReadAll(w.Body); err != nil || got.Unmarshal(b) != nil || !proto.Equal(got, kill("t")) || w.Header().Get("Content-Type") != Protobuf {
		t.Errorf("%v %v", got, err)
	}
	w = httptest.NewRecorder()
	if WriteMessage(w, c, &pb.FrameworkInfo{}); w.Code != http.StatusInternalServerError {
		t.Errorf("an incomplete message: %d", w.Code)
	}
}

// On loopback only the machine's own names are answered; elsewhere any is.
func TestGuard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listens, host string
		want          int
	}{
		{"127.0.0.1:5050", "127.0.0.1:5050", 200}, {"127.0.0.1:5050", "localhost", 200}, {"127.0.0.1:5050", "here:1", 200},
		{"127.0.0.1:5050", "[::1]:5050", 200}, {"[::1]:5050", "[::1]", 200},
		{"127.0.0.1:5050", "evil.example:5050", 403}, {"127.0.0.1:5050", "here.evil.example", 403}, {"127.0.0.1:5050", "", 403},
		{"0.0.0.0:5050", "evil.example", 200}, {"10.0.0.1:5050", "mesos.example", 200},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		Guard("here", c.listens, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s asked as %q: %d, want %d", c.listens, c.host, w.Code, c.want)
		}
	}
}
