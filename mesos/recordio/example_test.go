package recordio_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// An event stream is a sequence of records: the length of each in decimal, a newline, and
// that many bytes.
func Example() {
	var stream []byte
	for _, event := range []string{`{"type":"SUBSCRIBED"}`, `{"type":"HEARTBEAT"}`} {
		stream = recordio.Append(stream, []byte(event))
	}
	fmt.Printf("%q\n", stream)

	r := recordio.NewReader(strings.NewReader(string(stream)), 0)
	for {
		record, err := r.ReadRecord()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", record)
	}
	// Output:
	// "21\n{\"type\":\"SUBSCRIBED\"}20\n{\"type\":\"HEARTBEAT\"}"
	// {"type":"SUBSCRIBED"}
	// {"type":"HEARTBEAT"}
}
