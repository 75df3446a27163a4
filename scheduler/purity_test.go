package scheduler

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the core may use. Anything missing here waits, communicates, reads a
// clock, is random, or has not been needed.
var (
	pureImports = []string{
		"cmp", "container/heap", "fmt", "maps", "math", "reflect", "slices", "strconv", "strings", "time",
		"github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb",
		"github.com/kubernetes-mesos/kubernetes-mesos/scheduler/preemption",
		"k8s.io/api/core/v1",
		"k8s.io/api/policy/v1",
		"k8s.io/apimachinery/pkg/apis/meta/v1",
		"k8s.io/apimachinery/pkg/labels",
		"k8s.io/component-helpers/scheduling/corev1",
		"k8s.io/component-helpers/scheduling/corev1/nodeaffinity",
		"k8s.io/klog/v2", // for the empty logger that corev1 asks for
	}
	pureNames = map[string][]string{
		"time": {"Time", "Duration", "Millisecond", "Second", "Minute", "Hour"},
		"fmt":  {"Sprintf"},
		"klog": {"Logger"},
		"maps": {"Keys", "Equal"},
	}
	// Ranges over what comes from other packages, which the test cannot see
	// into: no maps.
	pureRanges = []string{"strings.SplitSeq(state.String(), \"_\")", "slices.Sorted(maps.Keys(x.byID))", "slices.Clone(f.known)", "slices.Clone(x.nominations.all)", "c.victims.Pods"}
)

// TestPurity reads the source of the package, and of preemption: no goroutine, channel or select, no
// package but the ones above, of package time only the arithmetic, and no range
// over a map, whose order could reach a call.
func TestPurity(t *testing.T) {
	t.Parallel()
	for dir, least := range map[string]int{".": 10, "preemption": 2} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		sources := map[string]string{}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources[name] = string(b)
		}
		if len(sources) < least {
			t.Fatalf("only %d files were found in %s", len(sources), dir)
		}
		for _, impure := range impurities(t, sources) {
			t.Error(impure)
		}
	}
}

// TestPurityIsNoticed: each of these is impure.
func TestPurityIsNoticed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`func f() { go f() }`,
		`func f() { select {} }`,
		`var c chan int`,
		`func f(c any) { <-c.(interface{ x() }) }`,
		`import "sync"; var m sync.Mutex`,
		`import "os"; var x = os.Args`,
		`import "math/rand/v2"; var x = rand.Int()`,
		`import "time"; var x = time.Now()`,
		`import "time"; func f() { time.Sleep(1) }`,
		`import "time"; func f(t time.Time) any { return time.Since(t) }`,
		`import tm "time"; var x = tm.NewTimer(1)`,
		`import "fmt"; func f() { fmt.Println() }`,
		`func f(m map[string]int) { for range m {} }`,
		`type s struct{ m map[string]int }; func f(x *s) { for k := range x.m { _ = k } }`,
		`type m map[string]int; func f(x m) { for k := range x { _ = k } }`,
		`import "maps"; func f(m map[string]int) { for k := range maps.Keys(m) { _ = k } }`,
		`import "maps"; func f(m map[string]int) { for k := range maps.All(m) { _ = k } }`,
		`import "maps"; import "slices"; func f(m map[string]int) any { return slices.Collect(maps.Keys(m)) }`,
	} {
		if len(impurities(t, map[string]string{"x.go": "package scheduler; " + body})) == 0 {
			t.Errorf("passes as pure: %s", body)
		}
	}
}

func impurities(t *testing.T, sources map[string]string) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		f, err := parser.ParseFile(fset, name, sources[name], 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	lenient := types.Config{Importer: noImporter{}, Error: func(error) {}}
	_, _ = lenient.Check("scheduler", fset, files, info) // errors come from imports
	for _, f := range files {
		report := func(n ast.Node, format string, args ...any) {
			found = append(found, fmt.Sprint(fset.Position(n.Pos()), ": ", fmt.Sprintf(format, args...)))
		}
		for _, imp := range f.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			if !slices.Contains(pureImports, path) {
				report(imp, "import of %s", path)
			}
			if imp.Name != nil && !slices.Contains([]string{"v1", "metav1", "policyv1"}, imp.Name.Name) {
				report(imp, "import of %s under another name", path)
			}
		}
		var sorted ast.Node // a call of maps.Keys that is sorted at once
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				report(n, "%T", n)
			case *ast.UnaryExpr:
				if n.Op == token.ARROW {
					report(n, "receive from a channel")
				}
			case *ast.CallExpr:
				if types.ExprString(n.Fun) == "slices.Sorted" {
					sorted = n.Args[0]
				}
				if types.ExprString(n.Fun) == "maps.Keys" && n != sorted {
					report(n, "keys of a map, not sorted")
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					if allowed, ok := pureNames[x.Name]; ok && !slices.Contains(allowed, n.Sel.Name) {
						report(n, "%s.%s", x.Name, n.Sel.Name)
					}
				}
			case *ast.RangeStmt:
				report := func(why string) { report(n, "range over %s, %s", types.ExprString(n.X), why) }
				typ := info.Types[n.X].Type
				if typ == nil || typ == types.Typ[types.Invalid] {
					if !slices.Contains(pureRanges, types.ExprString(n.X)) {
						report("whose type is unknown")
					}
					return true
				}
				switch typ.Underlying().(type) {
				case *types.Slice, *types.Array, *types.Basic, *types.Signature:
				default:
					report("which has no order")
				}
			}
			return true
		})
	}
	return found
}

type noImporter struct{}

func (noImporter) Import(path string) (*types.Package, error) {
	return nil, errors.New("not looked into")
}
