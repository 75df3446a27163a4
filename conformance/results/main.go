// Command results keeps what became of each test of the suite, prints it by SIG, and puts
// the log of each failure into a file of its own.
//
//	results -record FILE -skip REGEXP                 prints a regular expression of what need not run again
//	results -record FILE -junit junit.xml -dir DIR    adds the results of a run, writes DIR/table.txt and DIR/failed
//	results -record FILE -list "commit, date"         prints docs/conformance.md
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	file := flag.String("record", "", "`file` that keeps the results of these programs")
	skip := flag.String("skip", "", "`regexp` of tests that are not to run in any case")
	junit := flag.String("junit", "", "`file` in which the run left its results")
	dir := flag.String("dir", "", "`directory` for table and logs")
	of := flag.String("list", "", "print the list of conformance tests with their results, and this `text` on what was tested")
	flag.Parse()
	if err := run(*file, *skip, *junit, *dir, *of); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

func run(file, skip, junit, dir, of string) error {
	record, err := readRecord(file)
	if err != nil {
		return err
	}
	switch {
	case of != "":
		text, err := record.document(of)
		if err != nil {
			return err
		}
		fmt.Print(text)
		return nil
	case junit == "":
		fmt.Print(record.passed(skip))
		return nil
	}
	tests, err := readJUnit(junit)
	if err != nil {
		return err
	}
	for _, t := range tests {
		record.add(t)
		if t.Failure != "" {
			if err := writeLog(dir, t); err != nil {
				return err
			}
		}
	}
	if err := record.write(file); err != nil {
		return err
	}
	table := bySIG(tests)
	fmt.Print(table)
	return os.WriteFile(filepath.Join(dir, "table.txt"), []byte(table), 0o644)
}

// notInFile matches what is not put into the name of a file.
var notInFile = regexp.MustCompile(`[^A-Za-z0-9]+`)

// writeLog writes what the suite said about a test that failed, and what the agents did.
func writeLog(dir string, t test) error {
	failed := filepath.Join(dir, "failed")
	if err := os.MkdirAll(failed, 0o755); err != nil {
		return err
	}
	agents, err := ofAgents(filepath.Join(dir, "logs"), t)
	if err != nil {
		return err
	}
	name := strings.Trim(notInFile.ReplaceAllString(t.Name, "-"), "-")
	return os.WriteFile(filepath.Join(failed, name[:min(len(name), 150)]+".log"), []byte(t.Failure+"\n\n"+t.Log+agents), 0o644)
}

// namespaces matches where the suite says in which namespace a test has failed.
var namespaces = regexp.MustCompile(`Collecting events from namespace "([^"]+)"`)

// ofAgents returns the lines of all programs' logs that name a namespace of the test.
func ofAgents(logs string, t test) (string, error) {
	files, err := filepath.Glob(filepath.Join(logs, "*.log"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, found := range namespaces.FindAllStringSubmatch(t.Log, -1) {
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "\n%s about %s:\n", filepath.Base(file), found[1])
			for line := range strings.Lines(string(text)) {
				if strings.Contains(line, found[1]) {
					b.WriteString(line)
				}
			}
		}
	}
	return b.String(), nil
}
