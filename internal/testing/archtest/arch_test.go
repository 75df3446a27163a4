package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../../.."
	module = "github.com/kubernetes-mesos/kubernetes-mesos/"
)

// source is one Go file of ours, its path relative to the repository.
type source struct {
	path string
	file *ast.File
}

// sources parses every Go file that is not generated.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".pb.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found = append(found, source{filepath.ToSlash(rel), file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("found %d Go files only: is this the repository?", len(found))
	}
	return found
}

// Each of these modules is used behind one door, so replacing or upgrading it is a change
// in one place. Tests may look behind the doors.
func TestDoors(t *testing.T) {
	t.Parallel()
	doors := map[string][]string{
		"k8s.io/kubernetes/":                {"controlplane", "executor/kubelet", "executor/serviceproxy", "framework/schedulerplugins"},
		"go.etcd.io/etcd/server/":           {"controlplane/etcd"},
		"github.com/fsouza/go-dockerclient": {"executor/dockershim"},
		"github.com/go-zookeeper/zk":        {"mesos"},
		"github.com/vishvananda/netlink":    {"executor/podnetwork", "internal/noderoutes"},
		"sigs.k8s.io/knftables":             {"internal/noderoutes", "executor/podnetwork", "executor/serviceproxy", "executor/networkpolicy", "executor/clusterdns"},
		"github.com/coredns/":               {"executor/clusterdns"},
		"github.com/golang/glog":            {"internal/logging"},
		"github.com/containernetworking/":   {"executor/cninetwork"},
	}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "internal/testing/") ||
			strings.HasPrefix(s.path, "conformance/") { // a module of its own, which no program of ours is built from
			continue
		}
		for _, path := range imports(s.file) {
			for prefix, allowed := range doors {
				if strings.HasPrefix(path, prefix) && !within(s.path, allowed) {
					t.Errorf("%s imports %s; only %s may", s.path, path, strings.Join(allowed, " and "))
				}
			}
		}
	}
}

// Imports run one way: runners, then loops, then core and adapters, then data. What
// belongs to one program is below its folder, and the other program's never imports it.
func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		from := layer(s.path)
		for _, path := range imports(s.file) {
			own, is := strings.CutPrefix(path, module)
			if !is {
				continue
			}
			if to := layer(own + "/"); to > from {
				t.Errorf("%s imports %s, which is a layer above it", s.path, own)
			}
			if a, b := side(s.path), side(own+"/"); a != "" && b != "" && a != b {
				t.Errorf("%s, a part of %s, imports %s, a part of %s", s.path, a, own, b)
			}
		}
	}
}

// layer returns the layer of a file or package; imports lead to the same or a lower one.
func layer(path string) int {
	layers := []struct {
		prefix string
		layer  int
	}{
		{"internal/testing/", 5},
		{"e2e/", 5}, {"scripts/", 5},
		{"examples/", 5}, // programs made of ours
		{"framework_runner/", 4}, {"executor_runner/", 4},
		{"framework/artifact/", 2}, {"executor/kubelet/", 2}, {"executor/dockershim/", 2},
		{"executor/apiproxy/", 2}, {"executor/dockerd/", 2},
		{"executor/serviceproxy/", 2}, {"executor/clusterdns/", 2},
		{"executor/podnetwork/", 1}, {"executor/cninetwork/", 1}, {"executor/networkpolicy/", 1},
		{"executor/hostresolver/", 1}, {"executor/reconcile/", 1},
		{"framework/", 3}, {"executor/", 3},
		{"mesos/mesospb/", 1}, {"internal/", 1},
		{"scheduler/", 2}, {"controlplane/", 2}, {"api/", 2}, {"mesos/", 2},
	}
	for _, l := range layers {
		if strings.HasPrefix(path, l.prefix) {
			return l.layer
		}
	}
	return 0
}

// side returns the program that alone uses a file or package; "": both may.
func side(path string) string {
	top, _, _ := strings.Cut(path, "/")
	switch top {
	case "framework", "controlplane", "framework_runner":
		return "framework_runner"
	case "executor", "executor_runner":
		return "executor_runner"
	}
	return ""
}

// Every exported name has a comment that says what it promises, and every package
// says what it is for.
func TestExportedNamesHaveComments(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.Dir(s.path)
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		documented[dir] = documented[dir] || s.file.Doc != nil
		for _, decl := range s.file.Decls {
			for _, name := range uncommented(decl) {
				t.Errorf("%s: %s has no comment", s.path, name)
			}
		}
	}
	for dir, is := range documented {
		if !is {
			t.Errorf("%s: no file has a package comment", dir)
		}
	}
}

// uncommented returns the exported names of a declaration that lack their own comment
// or, in a group, one for the whole group. Methods that an interface of the standard
// library prescribes need none.
func uncommented(decl ast.Decl) []string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if !d.Name.IsExported() || d.Doc != nil || !exportedReceiver(d) || prescribed[d.Name.Name] {
			return nil
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		if d.Doc != nil {
			return nil
		}
		var names []string
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && s.Comment == nil {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && s.Doc == nil && s.Comment == nil {
						names = append(names, n.Name)
					}
				}
			}
		}
		return names
	}
	return nil
}

var prescribed = map[string]bool{"Error": true, "Unwrap": true, "String": true, "ServeHTTP": true, "Is": true, "Len": true, "Less": true, "Swap": true}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, is := typ.(*ast.StarExpr); is {
		typ = star.X
	}
	ident, is := typ.(*ast.Ident)
	return is && ident.IsExported()
}

// Meaningless names are not used, and nothing is silently left for later.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, part := range strings.Split(strings.TrimSuffix(s.path, ".go"), "/") {
			switch strings.TrimSuffix(part, "_test") {
			case "util", "utils", "common", "manager", "helper", "helpers", "misc":
				t.Errorf("%s: name the idea instead", s.path)
			}
		}
		for _, group := range s.file.Comments {
			if strings.Contains(group.Text(), "TO"+"DO") || strings.Contains(group.Text(), "FIX"+"ME") {
				t.Errorf("%s: a comment promises later work", s.path)
			}
		}
	}
}

// Each file of the repository that the documents name exists.
func TestDocumentsNameFilesThatExist(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, root+"/README.md")
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range links(string(text)) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), link)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", document, link)
			}
		}
	}
}

// links returns the targets of Markdown links to files of the repository.
func links(text string) []string {
	var found []string
	for _, part := range strings.Split(text, "](")[1:] {
		target, _, _ := strings.Cut(part, ")")
		target, _, _ = strings.Cut(target, "#")
		if target != "" && !strings.Contains(target, "://") {
			found = append(found, target)
		}
	}
	return found
}

func imports(f *ast.File) []string {
	var paths []string
	for _, spec := range f.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

func within(path string, dirs []string) bool {
	for _, dir := range dirs {
		if strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}
