package mesospb_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/proto"

	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// recordings are streams of real masters and agents, kept next to the repository;
// its README.md tells the format. Where they are missing there are no cases.
const recordings = "../../../shared/data/mesos"

// A run is one recorded subscription: what was posted, the stream as received,
// and the same decoded by another program.
type run struct{ request, response, events []byte }

// TestRecorded decodes every recorded protobuf stream, compares it with what was
// recorded as JSON next to it, and encodes it again without loss.
func TestRecorded(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join(recordings, "*.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, archive := range archives {
		for name, r := range read(t, archive) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				executor := strings.Contains(name, "/executor-")
				call, event := func() proto.Message { return new(pb.SchedulerCall) }, func() proto.Message { return new(pb.SchedulerEvent) }
				if executor {
					call, event = func() proto.Message { return new(pb.ExecutorCall) }, func() proto.Message { return new(pb.ExecutorEvent) }
				}
				if len(r.request) > 0 {
					roundTrip(t, r.request, call(), call())
				}
				r.compare(t, event)
			})
		}
	}
}

func (r run) compare(t *testing.T, event func() proto.Message) {
	var decoded []struct{ Event json.RawMessage }
	if err := json.Unmarshal(r.events, &decoded); err != nil {
		t.Fatal(err)
	}
	records := recordio.NewReader(bytes.NewReader(r.response), 0)
	for n := 0; ; n++ {
		record, err := records.ReadRecord()
		if err != nil {
			if n < len(decoded) {
				t.Errorf("%d events, then %v; recorded are %d", n, err, len(decoded))
			}
			return
		}
		if n >= len(decoded) || decoded[n].Event == nil {
			t.Fatalf("event %d is not among the %d recorded as JSON", n, len(decoded))
		}
		e := event()
		roundTrip(t, record, e, event())
		want := event()
		from := jsonpb.Unmarshaler{AllowUnknownFields: true}
		if err := from.Unmarshal(bytes.NewReader(decoded[n].Event), want); err != nil {
			t.Fatalf("event %d: %v in %s", n, err, decoded[n].Event)
		}
		proto.DiscardUnknown(e)
		dropNameless(e)
		if !proto.Equal(e, want) {
			t.Errorf("event %d decodes to\n%v\nwant\n%v", n, e, want)
		}
	}
}

// dropNameless does to a capability of masters that the v1 API has no name for
// (3, in Mesos 1.11) what a master does when it writes JSON.
func dropNameless(m proto.Message) {
	e, ok := m.(*pb.SchedulerEvent)
	if !ok {
		return
	}
	for _, c := range e.GetSubscribed().GetMasterInfo().GetCapabilities() {
		if _, named := pb.MasterInfo_Capability_Type_name[int32(c.GetType())]; !named {
			c.Type = nil
		}
	}
}

// roundTrip decodes b into m, and what m encodes to into again.
func roundTrip(t *testing.T, b []byte, m, again proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	out, err := proto.Marshal(m)
	if err != nil || len(out) != len(b) {
		t.Fatalf("%d bytes encode again to %d, %v", len(b), len(out), err)
	}
	if err := proto.Unmarshal(out, again); err != nil || !proto.Equal(m, again) {
		t.Fatalf("%v encodes to what decodes to %v, %v", m, again, err)
	}
}

// read returns the protobuf subscriptions of an archive by their folders.
func read(t *testing.T, archive string) map[string]run {
	f, err := os.Open(archive)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]run{}
	for files := tar.NewReader(z); ; {
		h, err := files.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		dir, base := path.Split(h.Name)
		if !strings.Contains(dir, "/protobuf/") || strings.Contains(dir, "/op-") {
			continue // the operator API is not ours
		}
		b, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		r := runs[dir]
		switch base {
		case "request.bin":
			r.request = b
		case "response.bin":
			r.response = b
		case "events.json":
			r.events = b
		}
		runs[dir] = r
	}
	for dir, r := range runs {
		if r.events == nil {
			delete(runs, dir)
		}
	}
	if len(runs) == 0 {
		t.Errorf("%s holds no protobuf run", archive)
	}
	return runs
}
