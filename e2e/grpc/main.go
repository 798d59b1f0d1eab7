// Command grpc is a service of gRPC and its client, both those with which the
// implementations of gRPC test each other (package interop of grpc-go). The
// tests of e2e put the gate between the two; nothing imports it, and it knows
// nothing of the gate.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop"
	testing "google.golang.org/grpc/interop/grpc_testing"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "serve":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Printf("listening on %s\n", l.Addr())
		return service().Serve(l)
	case len(args) == 3 && args[0] == "call":
		return call(args[1], args[2] == "tls")
	case len(args) >= 5 && args[0] == "ask":
		return ask(args[1], args[2] == "raw", args[3], args[4], args[5:])
	}
	return fmt.Errorf("usage: grpc serve | grpc call HOST:PORT tls|plain | grpc ask HOST:PORT raw|joined METHOD TARGET [NAME:VALUE...]")
}

func service() *grpc.Server {
	s := grpc.NewServer()
	testing.RegisterTestServiceServer(s, interop.NewTestServer())
	return s
}

// call makes calls of every kind. What is wrong with one ends the program.
func call(address string, secure bool) error {
	creds := insecure.NewCredentials()
	if secure {
		creds = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tests := testing.NewTestServiceClient(c)
	for _, one := range []struct {
		name string
		do   func(context.Context, testing.TestServiceClient, ...grpc.CallOption)
	}{
		{"empty unary", interop.DoEmptyUnaryCall},
		{"large unary", interop.DoLargeUnaryCall},
		{"client streaming", interop.DoClientStreaming},
		{"server streaming", interop.DoServerStreaming},
		{"both ways", interop.DoPingPong},
		{"empty stream", interop.DoEmptyStream},
		{"time out on a sleeping server", interop.DoTimeoutOnSleepingServer},
		{"cancel after the beginning", interop.DoCancelAfterBegin},
		{"cancel after the first answer", interop.DoCancelAfterFirstResponse},
		{"metadata", interop.DoCustomMetadata},
		{"status and message", interop.DoStatusCodeAndMessage},
		{"special message", interop.DoSpecialStatusMessage},
	} {
		one.do(ctx, tests)
		fmt.Println(one.name)
	}
	return nil
}
