package scheduler

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata with what comes out")

// TestTranscripts plays the stories in testdata. A block is what comes in, a
// line ----, and what goes out; a line that begins with # is for the reader.
// script_test.go defines the words. A first line "with order=fair choice=binpack" sets
// policies.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d transcripts (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := playTranscript(t, string(in))
			if got == string(in) {
				return
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s differs (go test -update rewrites it):\n%s", file, firstDifference(string(in), got))
		})
	}
}

// playTranscript returns the transcript with the current output.
func playTranscript(t *testing.T, in string) string {
	cfg := Config{Executor: Amount{CPU: 100, Mem: 64}, Rules: newFakeRules()}
	if policies, ok := strings.CutPrefix(strings.SplitN(in, "\n", 2)[0], "with "); ok {
		if _, err := fmt.Sscanf(policies, "order=%s choice=%s", &cfg.Order, &cfg.Choice); err != nil {
			t.Fatal(err)
		}
	}
	s := New(cfg)
	start := time.Unix(0, 0).UTC()
	now := start
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimRight(in, "\n"), "\n\n") {
		if out.Len() > 0 {
			out.WriteString("\n")
		}
		events, _, _ := strings.Cut(block, "\n----")
		out.WriteString(events + "\n----\n")
		show := func(calls []Call) {
			for _, c := range calls {
				fmt.Fprintf(&out, "%6s  %s\n", now.Sub(start).Round(time.Millisecond), showCall(c))
			}
		}
		for line := range strings.SplitSeq(events, "\n") {
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "with ") || line == "" {
				continue
			}
			if d, ok := strings.CutPrefix(line, "wait "); ok {
				until, err := time.ParseDuration(d)
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				end := now.Add(until)
				for next := s.Next(); !next.IsZero() && !next.After(end); next = s.Next() {
					now = next
					show(s.Step(now, Tick{}))
				}
				now = end
				continue
			}
			e, err := parseEvent(line)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			show(s.Step(now, e))
		}
	}
	return out.String()
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if i >= len(w) || w[i] != g[i] {
			from := max(0, i-8)
			return fmt.Sprintf("line %d\nwant:\n%s\ngot:\n%s", i+1,
				strings.Join(w[min(from, len(w)):min(i+4, len(w))], "\n"), strings.Join(g[from:min(i+4, len(g))], "\n"))
		}
	}
	return "the end is missing"
}
