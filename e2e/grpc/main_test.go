package main

import (
	"net"
	"testing"
)

// TestWithoutTheGate makes the calls with nothing between client and service.
func TestWithoutTheGate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := service()
	go s.Serve(l)
	defer s.Stop()
	if err := call(l.Addr().String(), false); err != nil {
		t.Error(err)
	}
}
