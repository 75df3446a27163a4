package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
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

// A visitor's entry is added at the master and shown from the replica, without its markup.
func TestFrontend(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	store := &book{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answer(conn, store)
		}
	}()
	server := httptest.NewServer(handler("frontend-1", l.Addr().String(), l.Addr().String()))
	defer server.Close()
	response, err := http.PostForm(server.URL, url.Values{"entry": {"<b>Hello</b>\n there"}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(body), "<li>&lt;b&gt;Hello&lt;/b&gt; there</li>") || !strings.Contains(string(body), "pod frontend-1") {
		t.Errorf("%v\n%s", err, body)
	}
}

// A service is its name, or what the environment says of it.
func TestService(t *testing.T) {
	t.Setenv("REDIS_SLAVE_SERVICE_HOST", "10.0.0.7")
	t.Setenv("REDIS_SLAVE_SERVICE_PORT", "6380")
	if got := service("redis-slave"); got != "10.0.0.7:6380" {
		t.Error(got)
	}
	t.Setenv("GET_HOSTS_FROM", "dns")
	if got := service("redis-slave"); got != "redis-slave:6379" {
		t.Error(got)
	}
}
