// Command relay passes requests and answers on in turns, reads nothing of them
// but where they end, and is as much of a proxy as the kernel and Go's runtime
// must do for any that goes through package net. bench/proxy starts it as a
// peer; nobody else does.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "where clients connect")
	upstream := flag.String("upstream", "127.0.0.1:9000", "the API")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err == nil {
		err = serve(l, *upstream)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// serve relays each connection of l over one of its own to the API.
func serve(l net.Listener, upstream string) error {
	for {
		client, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer client.Close()
			api, err := net.Dial("tcp", upstream)
			if err != nil {
				return
			}
			defer api.Close()
			buf := make([]byte, 32<<10)
			for pass(client, api, buf) == nil && pass(api, client, buf) == nil {
			}
		}()
	}
}

var (
	blank  = []byte("\r\n\r\n")
	length = []byte("\r\nContent-Length:")
)

// pass hands one message on. Its head must fit into buf and its end be told by
// Content-Length.
func pass(from, to net.Conn, buf []byte) error {
	n, head := 0, -1
	for head < 0 {
		m, err := from.Read(buf[n:])
		if err != nil {
			return err
		}
		n += m
		head = bytes.Index(buf[:n], blank)
	}
	rest := head + len(blank) + bodyLength(buf[:head]) - n
	for {
		if _, err := to.Write(buf[:n]); err != nil {
			return err
		}
		if rest <= 0 {
			return nil
		}
		var err error
		if n, err = from.Read(buf); err != nil {
			return err
		}
		rest -= n
	}
}

func bodyLength(head []byte) int {
	_, value, ok := bytes.Cut(head, length)
	if !ok {
		return 0
	}
	value, _, _ = bytes.Cut(value, []byte("\r"))
	n, _ := strconv.Atoi(string(bytes.TrimSpace(value)))
	return n
}
