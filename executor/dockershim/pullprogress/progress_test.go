package pullprogress

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What Docker says of a pull, in pieces, becomes one line.
func TestText(t *testing.T) {
	t.Parallel()
	began := time.Unix(1000, 0)
	p := New(began)
	for _, row := range []struct{ says, want string }{
		{`{"status":"Pulling from team/app","id":"latest"}` + "\r\n", "waiting for the registry"},
		{`{"status":"Pulling fs layer","progressDetail":{},"id":"a"}` + "\r\n" + `{"status":"Pulling fs layer","id":"b"}` + "\n" + `{"status":"Already exists","id":"c"}` + "\n",
			"1 of 3 layers, the size of 2 layers is not known yet, 0.0 MB/s"},
		{`{"status":"Downloading","progressDetail":{"current":2000000,"tot`, "1 of 3 layers, the size of 2 layers is not known yet, 0.0 MB/s"},
		{`al":8000000},"id":"a"}` + "\n", "1 of 3 layers, 2.0 MB of 8.0 MB (25%), the size of 1 layers is not known yet, 2.0 MB/s"},
		{`{"status":"Download complete","id":"a"}` + "\n" + "no JSON\n" + `{"status":"Downloading","progressDetail":{"current":1000000,"total":2000000},"id":"b"}` + "\n",
			"1 of 3 layers, 9.0 MB of 10.0 MB (90%), 7.0 MB/s"},
		{`{"status":"Pull complete","id":"a"}` + "\n" + `{"status":"Extracting","progressDetail":{"current":1,"total":2000000},"id":"b"}` + "\n",
			"2 of 3 layers, 10.0 MB of 10.0 MB (100%), 1.0 MB/s"},
	} {
		p.Write([]byte(row.says))
		began = began.Add(time.Second)
		if got := p.Text(began); got != row.want {
			t.Errorf("after %s:\n%s, want\n%s", row.says, got, row.want)
		}
	}
	if err := p.Err(); err != nil {
		t.Errorf("failed: %v", err)
	}
	p.Write([]byte(`{"errorDetail":{"message":"unauthorized: ask the owner"},"error":"unauthorized: ask the owner"}`))
	if err := p.Err(); err == nil || err.Error() != "unauthorized: ask the owner" {
		t.Errorf("failed: %v", err)
	}
	p.Write([]byte(strings.Repeat("x", maxLine+1)))
	if len(p.rest) != 0 {
		t.Error("an endless line is kept")
	}
}

// A pull is told of within a second, then rarely, and never after its end.
func TestTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		stop := New(began).Tell(func(string) { at = append(at, time.Since(began)) })
		time.Sleep(25 * time.Second)
		stop()
		time.Sleep(time.Minute)
		if want := []time.Duration{First, First + Every, First + 2*Every}; !slices.Equal(at, want) {
			t.Errorf("told at %v, want %v", at, want)
		}
		New(began).Tell(func(string) { t.Error("a short pull is told of") })()
	})
}
