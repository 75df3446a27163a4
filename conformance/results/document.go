package main

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/kubernetes/test/conformance/testdata"
	"sigs.k8s.io/yaml"
)

// conformanceTests returns the names of all conformance tests of this Kubernetes, in the
// order of its own list, which is by SIG.
func conformanceTests() ([]string, error) {
	text, err := testdata.GetConformanceTestdataFS().EmbeddedFS.ReadFile("conformance.yaml")
	if err != nil {
		return nil, err
	}
	var list []struct {
		Codename string `json:"codename"`
	}
	if err := yaml.Unmarshal(text, &list); err != nil {
		return nil, err
	}
	var names []string
	for _, t := range list {
		names = append(names, t.Codename)
	}
	return names, nil
}

// document returns docs/conformance.md, of what was tested.
func (r record) document(of string) (string, error) {
	names, err := conformanceTests()
	if err != nil {
		return "", err
	}
	passed, failed := 0, 0
	var listed []test
	for _, name := range names {
		t, ran := r[name]
		switch {
		case !ran:
			t.Name, t.Failure = name, notRun
		case t.Failure == "":
			passed++
		default:
			failed++
		}
		listed = append(listed, t)
	}
	more := r.others(names)
	text := fmt.Sprintf(head, of, len(names), passed, failed, len(names)-passed-failed, rows(listed))
	if len(more) > 0 {
		text += fmt.Sprintf(tail, len(more), rows(more))
	}
	return text, nil
}

const notRun = "not run"

// others returns the results of tests that are not of conformance.
func (r record) others(conformance []string) []test {
	var more []test
	for _, name := range r.names() {
		if !slices.Contains(conformance, name) {
			more = append(more, r[name])
		}
	}
	return more
}

func rows(tests []test) string {
	var b strings.Builder
	for _, t := range tests {
		result := "passed"
		if t.Failure == notRun {
			result = notRun
		} else if t.Failure != "" {
			result = "**failed**: " + t.Failure
			if reason := lacks(t.Name); reason != "" {
				result = "**failed** by " + reason
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", inTable.Replace(t.Name), inTable.Replace(result))
	}
	return b.String()
}

// inTable has text not be taken for Markdown.
var inTable = strings.NewReplacer("|", `\|`, "<", "&lt;")

const head = `# Conformance

What became of each of Kubernetes' conformance tests on this project. ` + "`make conformance`" + ` makes
this list: it runs Kubernetes' own suite, unchanged, against a cluster of two agents on hosts
of their own, with images that are made without a registry (conformance/images.sh says of
what). Tested: %s.

Of %d tests %d passed, %d failed, %d did not run.

| test | result |
|---|---|
%s`

const tail = `
Of the suite's other tests %d ran.

| test | result |
|---|---|
%s`
