package main

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/net/http2"
)

// tooLong ends what the server should have ended.
const tooLong = 60 * time.Second

// dial opens a TLS connection without knowing whose it is.
func dial(addr string, protocols ...string) (*tls.Conn, error) {
	return tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
}

// slow holds connections open with headers that come a byte each five seconds,
// and returns the longest time that the server kept one.
func slow(args []string) (string, error) {
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return "", err
	}
	var wg sync.WaitGroup
	borne := make([]time.Duration, count)
	for i := range count {
		c, err := dial(args[0], "http/1.1")
		if err != nil {
			return "", err
		}
		defer c.Close()
		wg.Go(func() {
			began := time.Now()
			trickle(c)
			borne[i] = time.Since(began)
		})
	}
	wg.Wait()
	return fmt.Sprintf("closed after %.0f s", slices.Max(borne).Seconds()), nil
}

// trickle writes until the other side hangs up.
func trickle(c *tls.Conn) {
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nX: ")); err != nil {
		return
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		c.SetReadDeadline(time.Now().Add(tooLong))
		c.Read(make([]byte, 1)) // an answer or an end: over it is
	}()
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return
		case <-tick.C:
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
		}
	}
}

// resets opens HTTP/2 streams and resets each at once, and says after how many
// the server had enough.
func resets(args []string) (string, error) {
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return "", err
	}
	c, err := dial(args[0], "h2")
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(tooLong))
	if _, err := c.Write([]byte(http2.ClientPreface)); err != nil {
		return "", err
	}
	f := http2.NewFramer(c, c)
	if err := f.WriteSettings(); err != nil {
		return "", err
	}
	go func() { // a server that cannot write would stop to read
		for {
			if _, err := f.ReadFrame(); err != nil {
				return
			}
		}
	}()
	header := headerBlock(args[0])
	for i := range count {
		id := uint32(2*i + 1)
		err := errors.Join(
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: header, EndStream: true, EndHeaders: true}),
			f.WriteRSTStream(id, http2.ErrCodeCancel))
		if err != nil {
			return fmt.Sprintf("closed after %d streams", i), nil
		}
	}
	return fmt.Sprintf("%d streams, still open", count), nil
}

// frames opens an exec and sends it noise: on channels that exist and on others.
func frames(args []string) (string, error) {
	count, err := strconv.Atoi(args[3])
	if err != nil {
		return "", err
	}
	d := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, Subprotocols: []string{"v5.channel.k8s.io"}}
	c, answer, err := d.Dial("wss://"+args[0]+args[1], http.Header{"Authorization": {"Bearer " + args[2]}})
	if err != nil {
		if answer != nil {
			return fmt.Sprintf("refused with %d", answer.StatusCode), nil
		}
		return "", err
	}
	defer c.Close()
	c.NetConn().SetDeadline(time.Now().Add(tooLong))
	go func() {
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
		}
	}()
	noise := make([]byte, 32<<10)
	rand.Read(noise)
	for i := range count {
		noise[0] = byte(i)
		if err := c.WriteMessage(websocket.BinaryMessage, noise); err != nil {
			return fmt.Sprintf("closed after %d frames", i), nil
		}
	}
	fmt.Fprintln(os.Stderr, "rude: the server took all frames")
	return "took all", nil
}
