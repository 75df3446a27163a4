package main

import (
	"bytes"

	"golang.org/x/net/http2/hpack"
)

// headerBlock returns the header of a GET of /.
func headerBlock(host string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for _, f := range []hpack.HeaderField{
		{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/"}, {Name: ":authority", Value: host},
	} {
		e.WriteField(f) // a buffer takes everything
	}
	return b.Bytes()
}
