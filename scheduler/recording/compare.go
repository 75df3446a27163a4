package recording

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Column is a result and what it is of.
type Column struct {
	Name string
	Result
}

// Compare writes the figures of each column, and which pods fare otherwise in the last than
// in the one before.
func Compare(out io.Writer, columns ...Column) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\tplaced\twaited p50\twaited p95\tcpu used\tmemory used\n")
	for _, c := range columns {
		fmt.Fprintf(w, "%s\t%d of %d\t%v\t%v\t%.1f %%\t%.1f %%\n",
			c.Name, c.Placed, len(c.Pods), c.P50.Round(time.Millisecond), c.P95.Round(time.Millisecond), 100*c.CPU, 100*c.Mem)
	}
	if err := w.Flush(); err != nil { // it fails if any write above has
		return err
	}
	if len(columns) < 2 {
		return nil
	}
	was, is := columns[len(columns)-2], columns[len(columns)-1]
	differ := 0
	for i, f := range is.Pods {
		if f == was.Pods[i] {
			continue
		}
		differ++
		if _, err := fmt.Fprintf(out, "%s: %s, %s; %s, %s\n", f.Name, was.Name, was.Pods[i], is.Name, f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d of %d pods fare otherwise\n", differ, len(is.Pods))
	return err
}

// String says what became of the pod.
func (f Fate) String() string {
	waited := f.Waited.Round(time.Millisecond)
	if f.Node == "" {
		return fmt.Sprintf("not placed, after %v", waited)
	}
	return fmt.Sprintf("on %s after %v", f.Node, waited)
}
