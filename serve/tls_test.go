package serve

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

type netConn = net.Conn

func certificate() (cert, key []byte, err error) {
	return testdata.Certificate("127.0.0.1", time.Now().UnixNano(), time.Now().Add(time.Hour))
}

// shown returns the certificate that a client sees.
func shown(t *testing.T, url string) []byte {
	t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ConnectionState().PeerCertificates[0].Raw})
}

// secureStatus makes a call over TLS to whoever answers: the certificate is of
// the test's own making.
func secureStatus(t *testing.T, url string) int {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}
