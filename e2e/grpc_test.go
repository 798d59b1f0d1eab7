package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

var grpcListens = regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)

// grpcMethods are those of the service that the implementations of gRPC test
// each other with.
var grpcMethods = []string{"EmptyCall", "UnaryCall", "StreamingInputCall", "StreamingOutputCall", "FullDuplexCall"}

func grpcContract() string {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: Tests of gRPC, version: 1.0.0}\nsecurity: []\npaths:\n")
	for _, m := range grpcMethods {
		fmt.Fprintf(&b, "  /grpc.testing.TestService/%s:\n    post:\n      requestBody: {required: true, content: {application/grpc: {}}}\n"+
			"      responses: {\"200\": {description: messages and a status, content: {application/grpc: {}}}}\n", m)
	}
	return b.String()
}

// TestGRPC puts the gate between the client and the server of grpc-go, which
// make calls of every kind: unary, streams in each direction and in both,
// deadlines, cancellation, metadata, and statuses.
func TestGRPC(t *testing.T) {
	program, err := gatehouse()
	if err != nil {
		t.Fatal(err)
	}
	grpc := buildGRPC(t)
	api := start(t, grpcListens, grpc, "serve")
	cert, key := certificate(t)
	for name, listener := range map[string]string{
		"tls":   fmt.Sprintf("tls: {certificate: %s, key: %s}", cert, key),
		"plain": "http2: plain",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "gatehouse.yaml")
			writeFile(t, filepath.Join(dir, "grpc.yaml"), grpcContract())
			writeFile(t, config, fmt.Sprintf("version: 1\nlisteners: [{address: 127.0.0.1:0, %s}]\napis: [{contract: grpc.yaml, upstreams: [{url: 'http://%s', protocol: http2}]}]\nrecord: {events: '-'}\n", listener, api))
			gate, p := launch(t, gateListens, program, "serve", "--config", config)
			out, err := run(t, dir, nil, grpc, "call", gate, name)
			if err != nil || !strings.HasSuffix(out, "special message\n") {
				t.Errorf("%s%v", out, err)
			}
			if strings.Contains(p.output(), `"outcome":"refused"`) {
				t.Errorf("a call was refused:\n%s", tail(p.output()))
			}
		})
	}
}

// buildGRPC builds the program of e2e/grpc, which has the client and the server
// of grpc-go, and returns its path.
func buildGRPC(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("go", "-C", "grpc", "mod", "download").CombinedOutput(); err != nil {
		testdata.Lack(t, "the modules that e2e/grpc/go.mod names cannot be had: %v\n%s", err, out)
	}
	grpc := filepath.Join(workshop, "grpc")
	if out, err := exec.Command("go", "-C", "grpc", "build", "-o", grpc, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return grpc
}
