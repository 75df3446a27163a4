package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// record holds what became of each test with one version of all programs, by name. Its file
// has a line for each: name, seconds, why it failed.
type record map[string]test

func readRecord(file string) (record, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return nil, err
	}
	r := record{}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: line %q has no three fields", file, line)
		}
		seconds, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return nil, fmt.Errorf("%s: line %q: %w", file, line, err)
		}
		r[fields[0]] = test{Name: fields[0], Seconds: seconds, Failure: fields[2]}
	}
	return r, nil
}

// add takes in a result. A test that failed once has failed, whatever it does afterwards
// with the same programs.
func (r record) add(t test) {
	if before, ran := r[t.Name]; ran && before.Failure != "" && t.Failure == "" {
		return
	}
	t.Failure, t.Log = firstLine(t.Failure), ""
	r[t.Name] = t
}

func (r record) names() []string {
	names := make([]string, 0, len(r))
	for name := range r {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r record) write(file string) error {
	var b strings.Builder
	for _, name := range r.names() {
		fmt.Fprintf(&b, "%s\t%.1f\t%s\n", name, r[name].Seconds, strings.ReplaceAll(r[name].Failure, "\t", " "))
	}
	if err := os.WriteFile(file+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// passed returns a regular expression of skip and of the tests that passed.
func (r record) passed(skip string) string {
	var all []string
	if skip != "" {
		all = append(all, skip)
	}
	for _, name := range r.names() {
		if r[name].Failure == "" {
			all = append(all, regexp.QuoteMeta(name))
		}
	}
	return strings.Join(all, "|")
}
