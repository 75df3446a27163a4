package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	mostFolders = 14 // at the top
	mostFiles   = 32 // of a package, tests excluded
	mostMethods = 30 // of a type
)

// The top level shows the two programs and what they are made of.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var folders, files []string
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."), e.Name() == "bin", e.Name() == "release": // what is built
		case e.IsDir():
			folders = append(folders, e.Name())
		default:
			files = append(files, e.Name())
		}
	}
	if len(folders) > mostFolders {
		t.Errorf("%d folders at the top, at most %d: %s", len(folders), mostFolders, strings.Join(folders, " "))
	}
	for _, name := range []string{"framework_runner", "executor_runner", "scheduler", "executor", "examples"} {
		if !slices.Contains(folders, name) {
			t.Errorf("the folder %s is not at the top", name)
		}
	}
	for _, name := range []string{"build.sh", "Makefile", "go.mod", "README.md", "LICENSE"} {
		if !slices.Contains(files, name) {
			t.Errorf("the file %s is not at the top", name)
		}
	}
}

// A reader can list what a package consists of.
func TestPackagesAreSmall(t *testing.T) {
	t.Parallel()
	files := map[string]int{}
	for _, s := range sources(t) {
		if !strings.HasSuffix(s.path, "_test.go") {
			files[filepath.Dir(s.path)]++
		}
	}
	for dir, n := range files {
		if n > mostFiles {
			t.Errorf("%s has %d files, at most %d: give a part of it a package of its own", dir, n, mostFiles)
		}
	}
}

// A type does one thing. What tests add to it counts, too.
func TestTypesAreSmall(t *testing.T) {
	t.Parallel()
	methods := map[string]int{}
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, is := decl.(*ast.FuncDecl); is && f.Recv != nil {
				methods[filepath.Dir(s.path)+"."+receiver(f.Recv.List[0].Type)]++
			}
		}
	}
	if len(methods) < 100 {
		t.Fatalf("found %d types with methods only", len(methods))
	}
	for name, n := range methods {
		if n > mostMethods {
			t.Errorf("%s has %d methods, at most %d: divide it into parts that own their fields", name, n, mostMethods)
		}
	}
}

// receiver returns the name of a receiver's type.
func receiver(typ ast.Expr) string {
	switch x := typ.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
