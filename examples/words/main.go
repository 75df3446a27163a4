// Command words keeps lines of text in a file of a volume, and is the example of data that
// outlives pods.
//
//	words           waits, so that there is a pod
//	words add TEXT  adds a line
//	words list      prints all lines
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const file = "/data/words"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 0:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		<-ctx.Done()
		return nil
	case args[0] == "add":
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(f, strings.Join(args[1:], " ")); err != nil {
			return err
		}
		return f.Close()
	case args[0] == "list":
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(os.Stdout, f)
		return err
	}
	return fmt.Errorf("%q: say add TEXT or list", args)
}
