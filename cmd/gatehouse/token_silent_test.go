package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// TestTokenSendsNothing gives the verbs for tokens every address that a token
// or a set of keys can name, and has the one who listens there count calls.
func TestTokenSendsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			c.Close()
		}
	}()
	url := "http://" + l.Addr().String()

	key, err := jose.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner("k", "", key)
	if err != nil {
		t.Fatal(err)
	}
	good, err := signer.Sign(jose.AccessToken, []byte(`{"iss":"`+url+`","sub":"a","aud":"`+url+`","client_id":"c","jti":"1","iat":1800000000,"exp":1800000600}`))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(good, ".")
	lured := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"at+jwt","kid":"`+url+`/k","jku":"`+url+`/jwks","x5u":"`+url+`/x5u"}`)) + "." + rest
	set, err := jose.Public(signer)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, bytes.Replace(set, []byte(`"kid"`), []byte(`"x5u":"`+url+`/x5u","kid"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HTTP_PROXY=" + url, "HTTPS_PROXY=" + url, "ALL_PROXY=" + url}
	for _, token := range []string{good, lured} {
		for _, args := range [][]string{
			{"token", "decode", token},
			{"token", "verify", "--jwks", file, "--issuer", url, "--audience", url, "--at", "2027-01-15T08:05:00Z", token},
		} {
			var stdout, stderr bytes.Buffer
			status := Run(context.Background(), args, strings.NewReader(""), &stdout, &stderr, env)
			if (status == statusOK) != (token == good || args[1] == "decode") {
				t.Errorf("%s: status %d\n%s%s", args[1], status, &stdout, &stderr)
			}
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls went out", n)
	}
	c, err := net.Dial("tcp", l.Addr().String()) // the counter counts
	if err != nil {
		t.Fatal(err)
	}
	c.Read(make([]byte, 1))
	c.Close()
	l.Close()
	if <-over; calls.Load() != 1 {
		t.Errorf("%d calls were counted, one was made", calls.Load())
	}
}
