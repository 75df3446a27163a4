package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const report = `<?xml version="1.0"?>
<testsuites><testsuite>
<testcase name="[SynchronizedBeforeSuite]" status="passed" time="1"></testcase>
<testcase name="[It] [sig-network] Services should be served [Conformance] [sig-network, Conformance]" status="passed" time="2.5"></testcase>
<testcase name="[It] [sig-apps] Job should end [Conformance] [sig-apps, Conformance]" status="failed" time="3"><failure message="timed out&#xA;in a second line"></failure><system-err>all that was said: Collecting events from namespace "job-7"</system-err></testcase>
<testcase name="[It] [sig-apps] Job should be left out" status="skipped" time="0"></testcase>
<testcase name="[It] [sig-apps] Job should go on" status="interrupted" time="1"><failure message="Interrupted by User"></failure></testcase>
</testsuite></testsuites>`

// The results of a run are kept, shown by SIG, and what passed need not run again.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	junit, file := filepath.Join(dir, "junit.xml"), filepath.Join(dir, "record")
	if err := os.WriteFile(junit, []byte(report), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "logs", "executor.log"), []byte("starts job-7/pi\nstarts job-8/pi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(file, "", junit, dir, ""); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "table.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"sig-apps                    0 passed    1 failed", "sig-network                 1 passed    0 failed", "2 tests", "failed: [sig-apps] Job should end [Conformance]\n    timed out\n"} {
		if !strings.Contains(string(table), line) {
			t.Errorf("the table lacks %q:\n%s", line, table)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "failed", "sig-apps-Job-should-end-Conformance.log"))
	if err != nil || !strings.Contains(string(log), "all that was said") || !strings.HasSuffix(string(log), "executor.log about job-7:\nstarts job-7/pi\n") {
		t.Errorf("the log of the failure: %q, %v", log, err)
	}

	record, err := readRecord(file)
	if err != nil {
		t.Fatal(err)
	}
	skip := regexp.MustCompile(record.passed("Slow"))
	for name, want := range map[string]bool{"[sig-network] Services should be served [Conformance]": true, "[sig-apps] Job should end [Conformance]": false, "[Slow] one": true} {
		if got := skip.MatchString(name); got != want {
			t.Errorf("%s need not run: %v, want %v", name, got, want)
		}
	}
	record.add(test{Name: "[sig-apps] Job should end [Conformance]"})
	if record["[sig-apps] Job should end [Conformance]"].Failure != "timed out" {
		t.Error("a test that passes at the second attempt counts as passed")
	}
}

// The list has every conformance test, with its result.
func TestDocument(t *testing.T) {
	name := "[sig-network] Services should serve a basic endpoint from pods [Conformance]"
	text, err := record{name: test{Name: name}, "another": test{Name: "another", Failure: "a|b"}}.document("today's")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, "\n| [sig-"); n < 400 {
		t.Errorf("the list has %d tests", n)
	}
	for _, want := range []string{"Tested: today's.", " 1 passed, 0 failed,", "\n| " + name + " | passed |\n", "other tests 1 ran", `| another | **failed**: a\|b |`} {
		if !strings.Contains(text, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
}

// Only what fails for lack of something is explained by it.
func TestLacks(t *testing.T) {
	t.Parallel()
	if reason := lacks("[sig-network] Services should be served"); reason != "" {
		t.Errorf("a test without SCTP lacks %s", reason)
	}
	if reason := lacks("[Feature:SCTPConnectivity] policies"); reason != "" && !strings.Contains(reason, "no SCTP") {
		t.Errorf("a test with SCTP lacks %s", reason)
	}
	if reason := lacks("[sig-node] ImageVolume should succeed with pod and pull policy of Always"); !strings.Contains(reason, "no registry") {
		t.Errorf("a test that pulls an image lacks %s", reason)
	}
}
