package e2e

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// tokenSecret is shared by those who make tokens and the gate.
const tokenSecret = "a secret of the tests, and 32 bytes at least"

// token makes a token of somebody (RFC 7519).
func token(subject string) string {
	now := time.Now().Unix()
	claims := fmt.Sprintf(`{"iss":"https://id.example.com","aud":"https://api.example.com","sub":%q,"iat":%d,"exp":%d}`, subject, now, now+3600)
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(claims))
	h := hmac.New(sha256.New, []byte(tokenSecret))
	h.Write([]byte(text))
	return text + "." + part(h.Sum(nil))
}

// caddy is the program in the version that scripts/bench-proxy measures, which
// scripts/caddy builds.
func caddy(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("../scripts/caddy", "path").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", string(out))
	if _, err := os.Stat(path); err != nil {
		testdata.Lack(t, "Caddy is missing: scripts/caddy builds it")
	}
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// readAnswer reads one answer to its end.
func readAnswer(t *testing.T, c net.Conn, method string) (status int, header http.Header, text string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == 101 {
		return 101, answer.Header, ""
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(b)
}

// passOn relays connections to a Unix socket as a load balancer does, with a
// header of the PROXY protocol that names a client.
func passOn(t *testing.T, socket string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer front.Close()
				back, err := net.Dial("unix", socket)
				if err != nil {
					return
				}
				defer back.Close()
				io.WriteString(back, "PROXY TCP4 203.0.113.7 127.0.0.1 5000 80\r\n")
				work.Go(func() {
					io.Copy(back, front)
					back.(*net.UnixConn).CloseWrite()
				})
				io.Copy(front, back)
			})
		}
	})
	t.Cleanup(func() { l.Close(); work.Wait() })
	return l.Addr().String()
}
