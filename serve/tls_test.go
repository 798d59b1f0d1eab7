package serve

import (
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

type netConn = net.Conn

func certificate() (cert, key []byte, err error) {
	return testdata.Certificate("127.0.0.1", time.Now().UnixNano(), time.Now().Add(time.Hour))
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
