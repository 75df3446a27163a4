package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// kubelet answers every request with a redirect to a listener of its own, or
// refuses it, and prints what it is asked. It runs until it is ended.
func kubelet(args []string) (string, error) {
	pair, err := tls.LoadX509KeyPair(args[0], args[1])
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	elsewhere, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			if c, err := elsewhere.Accept(); err == nil {
				fmt.Println("REDIRECTED")
				c.Close()
			}
		}
	}()
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	server := &http.Server{
		ReadHeaderTimeout: tooLong,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Println("ASKED", r.Method, r.URL.Path)
			if args[2] == "redirect" {
				http.Redirect(w, r, "https://"+elsewhere.Addr().String()+"/", http.StatusFound)
				return
			}
			http.Error(w, "no", http.StatusForbidden)
		}),
	}
	return "", server.ServeTLS(l, "", "")
}

// again asks for an upgrade, which is to fail, and then for something else on the
// same connection. It says what became of both.
func again(args []string) (string, error) {
	c, err := dial(args[0], "http/1.1")
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(tooLong))
	in := bufio.NewReader(c)
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"+
		"X-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n", args[1], args[2])
	first, err := http.ReadResponse(in, nil)
	if err != nil {
		return "", err
	}
	io.Copy(io.Discard, first.Body)
	// Without a token: only a connection that still leads to the kubelet would take it.
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", args[3])
	second, err := http.ReadResponse(in, nil)
	if err != nil {
		return fmt.Sprintf("%d, then closed", first.StatusCode), nil
	}
	return fmt.Sprintf("%d, then %d", first.StatusCode, second.StatusCode), nil
}
