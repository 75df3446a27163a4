package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// book holds the entries of the guestbook, oldest first.
type book struct {
	mu      sync.Mutex
	entries []string
	changed chan struct{} // closed at the next entry; nil while nothing waits
}

func (b *book) add(entry string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entry)
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// since returns the entries from number n on, and a channel that is closed when
// there are more.
func (b *book) since(n int) ([]string, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.entries[min(n, len(b.entries)):], b.changed
}

func (b *book) replace(entries []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = entries
}

// serve answers one command a line: ADD text, LIST, and FOLLOW, which lists and
// goes on with every new entry. A list ends with a single dot.
func serve(addr string, b *book) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go answer(conn, b)
	}
}

func answer(conn net.Conn, b *book) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		command, text, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "ADD":
			b.add(text)
			fmt.Fprintln(conn, "OK")
		case "LIST":
			entries, _ := b.since(0)
			for _, entry := range entries {
				fmt.Fprintln(conn, entry)
			}
			fmt.Fprintln(conn, ".")
		case "FOLLOW":
			for n := 0; ; {
				entries, more := b.since(n)
				for _, entry := range entries {
					if _, err := fmt.Fprintln(conn, entry); err != nil {
						return
					}
				}
				n += len(entries)
				<-more
			}
		default:
			fmt.Fprintf(conn, "ERROR unknown command %q\n", command)
		}
	}
}

// follow keeps b equal to the master's book, connecting again whenever the
// connection breaks.
func follow(master string, b *book) {
	for ; ; time.Sleep(time.Second) {
		conn, err := net.DialTimeout("tcp", master, 5*time.Second)
		if err != nil {
			fmt.Println("waiting for the master:", err)
			continue
		}
		fmt.Fprintln(conn, "FOLLOW")
		b.replace(nil)
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			b.add(lines.Text())
		}
		conn.Close()
	}
}

// ask sends one command and returns the lines of the answer.
func ask(addr, command string) ([]string, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintln(conn, command)
	var answer []string
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "." || line == "OK":
			return answer, nil
		case strings.HasPrefix(line, "ERROR"):
			return nil, fmt.Errorf("%s", line)
		default:
			answer = append(answer, line)
		}
	}
	return nil, fmt.Errorf("the answer of %s was cut off", addr)
}
