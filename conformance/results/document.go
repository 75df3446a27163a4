package main

import (
	"fmt"
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

// document returns docs/conformance.md.
func (r record) document() (string, error) {
	names, err := conformanceTests()
	if err != nil {
		return "", err
	}
	var rows strings.Builder
	passed, failed := 0, 0
	for _, name := range names {
		result := "not run"
		if t, ran := r[name]; ran && t.Failure == "" {
			result = "passed"
			passed++
		} else if ran {
			result = "**failed**: " + strings.ReplaceAll(t.Failure, "|", `\|`)
			failed++
		}
		fmt.Fprintf(&rows, "| %s | %s |\n", strings.ReplaceAll(name, "|", `\|`), result)
	}
	return fmt.Sprintf(head, len(names), passed, failed, len(names)-passed-failed, rows.String()), nil
}

const head = `# Conformance

What became of each of Kubernetes' conformance tests on this project. ` + "`make conformance`" + ` makes
this list: it runs Kubernetes' own suite, unchanged, against a cluster of two agents on hosts
of their own. Of %d tests %d passed, %d failed, %d did not run.

| test | result |
|---|---|
%s`
