package main

import (
	"net"
	"slices"
	"testing"
)

// A replica that connects sees what is there and everything that comes.
func TestFollow(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	master, replica := &book{}, &book{}
	master.add("before")
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn, master)
		}
	}()
	go follow(l.Addr().String(), replica)

	if _, err := ask(l.Addr().String(), "ADD after"); err != nil {
		t.Fatal(err)
	}
	want := []string{"before", "after"}
	for {
		got, more := replica.since(0)
		if slices.Equal(got, want) {
			break
		}
		<-more
	}
	if got, err := ask(l.Addr().String(), "LIST"); err != nil || !slices.Equal(got, want) {
		t.Errorf("LIST answered %q, %v; want %q", got, err, want)
	}
	if _, err := ask(l.Addr().String(), "DANCE"); err == nil {
		t.Error("an unknown command was taken")
	}
}
