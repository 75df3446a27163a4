package recordio_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// readers are the ways bytes can arrive: boundaries between reads mean nothing.
var readers = map[string]func(io.Reader) io.Reader{
	"whole":    func(r io.Reader) io.Reader { return r },
	"half":     iotest.HalfReader,
	"one byte": iotest.OneByteReader,
	"data+err": iotest.DataErrReader,
}

func TestReadRecord(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 300_000)
	tests := []struct {
		name, in string
		max      int
		want     []string
		err      error
	}{
		{name: "nothing", in: "", err: io.EOF},
		{name: "one", in: "2\n\x08\x08", want: []string{"\x08\x08"}, err: io.EOF},
		{name: "two heartbeats", in: "2\n\x08\x082\n\x08\x08", want: []string{"\x08\x08", "\x08\x08"}, err: io.EOF},
		{name: "empty record", in: "0\n1\na", want: []string{"", "a"}, err: io.EOF},
		{name: "leading zeros", in: "003\nabc", want: []string{"abc"}, err: io.EOF},
		{name: "newlines and digits in a record", in: "4\n1\n\n21\nz", want: []string{"1\n\n2", "z"}, err: io.EOF},
		{name: "large, then small", in: "300000\n" + big + "1\na", want: []string{big, "a"}, err: io.EOF},
		{name: "at the limit", in: "3\nabc", max: 3, want: []string{"abc"}, err: io.EOF},
		{name: "above the limit", in: "1\na4\nabcd", max: 3, want: []string{"a"}, err: recordio.ErrFraming},
		{name: "no length", in: "\nabc", err: recordio.ErrFraming},
		{name: "negative", in: "-1\na", err: recordio.ErrFraming},
		{name: "signed", in: "+1\na", err: recordio.ErrFraming},
		{name: "hexadecimal", in: "0x1\na", err: recordio.ErrFraming},
		{name: "space before the newline", in: "1 \na", err: recordio.ErrFraming},
		{name: "carriage return", in: "1\r\na", err: recordio.ErrFraming},
		{name: "another protocol", in: "HTTP/1.1 202 Accepted\r\n", err: recordio.ErrFraming},
		{name: "wraps around 64 bits to 1", in: "18446744073709551617\na", err: recordio.ErrFraming},
		{name: "endless digits", in: strings.Repeat("0", 50) + "1\na", err: recordio.ErrFraming},
		{name: "cut in the length", in: "1\na12", want: []string{"a"}, err: io.ErrUnexpectedEOF},
		{name: "cut after the length", in: "1\n", err: io.ErrUnexpectedEOF},
		{name: "cut in the record", in: "5\nabc", err: io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		for name, wrap := range readers {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				got, err := readAll(recordio.NewReader(wrap(strings.NewReader(tt.in)), tt.max))
				if !slices.Equal(got, tt.want) {
					t.Errorf("records %.80q, want %.80q", got, tt.want)
				}
				if !errors.Is(err, tt.err) {
					t.Errorf("error %v, want %v", err, tt.err)
				}
			})
		}
	}
}

// The reader's own error passes through, so that a caller can tell why a
// connection broke.
func TestReaderError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for _, in := range []string{"", "1", "5\nab"} {
		r := recordio.NewReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broken)), 0)
		if _, err := r.ReadRecord(); !errors.Is(err, broken) {
			t.Errorf("after %q: error %v, want %v", in, err, broken)
		}
	}
}

// A length without bytes after it costs no more memory than one step.
func TestLengthAloneAllocatesLittle(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := recordio.NewReader(strings.NewReader("67108864\nabc"), 0)
	if _, err := r.ReadRecord(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

// Once grown, the buffer is reused.
func TestBufferIsReused(t *testing.T) {
	stream := bytes.Repeat(recordio.Append(nil, make([]byte, 100_000)), 200)
	r := recordio.NewReader(bytes.NewReader(stream), 0)
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := r.ReadRecord(); err != nil {
			t.Error(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations a record", allocs)
	}
}

func TestWriteIsOneCall(t *testing.T) {
	t.Parallel()
	var w countingWriter
	if err := recordio.Write(&w, []byte("\x08\x08")); err != nil || w.calls != 1 || w.String() != "2\n\x08\x08" {
		t.Errorf("%d calls, %q, %v", w.calls, w.String(), err)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"", "2\n\x08\x08", "0\n", "3\nab", "99999999999999999999\n", "1\na\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const max = 1 << 16
		whole, err := readAll(recordio.NewReader(bytes.NewReader(in), max))
		bytewise, err1 := readAll(recordio.NewReader(iotest.OneByteReader(bytes.NewReader(in)), max))
		if !slices.Equal(whole, bytewise) || fmt.Sprint(err) != fmt.Sprint(err1) {
			t.Errorf("%q, %v in one piece; %q, %v byte by byte", whole, err, bytewise, err1)
		}
		var out []byte
		for _, record := range whole {
			out = recordio.Append(out, []byte(record))
		}
		again, err := readAll(recordio.NewReader(bytes.NewReader(out), max))
		if !slices.Equal(whole, again) || err != io.EOF {
			t.Errorf("%q, %v, written and read again %q", whole, err, again)
		}
	})
}

func readAll(r *recordio.Reader) (records []string, err error) {
	for {
		record, err := r.ReadRecord()
		if err != nil {
			return records, err
		}
		records = append(records, string(record))
	}
}

type countingWriter struct {
	bytes.Buffer
	calls int
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.calls++
	return w.Buffer.Write(p)
}
