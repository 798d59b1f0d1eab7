// Package main starts the weak shop of package lab for the gate of this folder:
// on loopback, believing the field Shop-User. It is for people who try the
// example; nothing imports it, and it knows nothing of the gate.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/lab"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:9000")
	if err == nil {
		fmt.Println("the shop is at http://" + l.Addr().String())
		err = (&http.Server{Handler: shop(), ReadHeaderTimeout: 10 * time.Second}).Serve(l)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// shop is the shop as caller.fields of gatehouse.yaml wants it.
func shop() http.Handler { return lab.New(lab.Options{Caller: "Shop-User"}) }
