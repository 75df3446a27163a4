package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// test is what became of a test that ran.
type test struct {
	Name    string
	Seconds float64
	Failure string // why it failed, "" if it passed
	Log     string
}

// withoutResult are what ginkgo calls tests of which nothing is known.
var withoutResult = []string{"skipped", "pending", "interrupted"}

// labels are what ginkgo adds to the name of a test.
var labels = regexp.MustCompile(`^\[It\] | \[[^\[\]]*, [^\[\]]*\]$`)

// readJUnit returns the tests of a run, without those that did not run to
// their end.
func readJUnit(file string) ([]test, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var report struct {
		Cases []struct {
			Name    string  `xml:"name,attr"`
			Status  string  `xml:"status,attr"`
			Seconds float64 `xml:"time,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Error *struct {
				Message string `xml:"message,attr"`
			} `xml:"error"`
			Log string `xml:"system-err"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var tests []test
	for _, c := range report.Cases {
		if !strings.HasPrefix(c.Name, "[It] ") || slices.Contains(withoutResult, c.Status) {
			continue
		}
		t := test{Name: labels.ReplaceAllString(c.Name, ""), Seconds: c.Seconds, Log: c.Log}
		switch {
		case c.Failure != nil:
			t.Failure = c.Failure.Message
		case c.Error != nil:
			t.Failure = c.Error.Message
		case c.Status != "passed":
			t.Failure = c.Status
		}
		tests = append(tests, t)
	}
	return tests, nil
}

var sig = regexp.MustCompile(`\[(sig-[a-z-]+)\]`)

// bySIG returns a table of results, and the names of the tests that failed.
func bySIG(tests []test) string {
	type row struct{ passed, failed int }
	rows, failed, seconds := map[string]*row{}, []string{}, 0.0
	for _, t := range tests {
		name := "none"
		if found := sig.FindStringSubmatch(t.Name); found != nil {
			name = found[1]
		}
		if rows[name] == nil {
			rows[name] = &row{}
		}
		seconds += t.Seconds
		if t.Failure == "" {
			rows[name].passed++
			continue
		}
		rows[name].failed++
		failed = append(failed, fmt.Sprintf("failed: %s\n    %s\n", t.Name, firstLine(t.Failure)))
	}
	var names []string
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%-24s %4d passed %4d failed\n", name, rows[name].passed, rows[name].failed)
	}
	slices.Sort(failed)
	fmt.Fprintf(&b, "%d tests, %.0f s of tests in all\n%s", len(tests), seconds, strings.Join(failed, ""))
	return b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
