package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// fetchTime bounds one fetch, redirects included.
const fetchTime = 2 * time.Second

// errBeyond ends every fetch that would leave this machine.
var errBeyond = errors.New("the lab reaches nothing beyond loopback")

// newClient returns a client that reaches loopback alone: this flaw must not be
// one for others. It asks no resolver and uses no proxy.
func newClient() *http.Client {
	return &http.Client{Timeout: fetchTime, Transport: &http.Transport{
		Proxy:                  nil, // not even that of the environment
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 16 << 10,
		DialContext:            dialLoopback,
	}}
}

// dialLoopback connects to addresses of loopback, redirects of a fetch included.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.Unmap().IsLoopback() {
		return nil, errBeyond
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
}

// fetched gets url and answers how it begins. What went wrong is told in full:
// who asks learns which ports are open.
func (s *Shop) fetched(ctx context.Context, url string) answer {
	const maxExcerpt = 1000
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, err.Error())
	}
	got, err := s.client.Do(r)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, err.Error())
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxExcerpt))
	if err != nil {
		return problem(http.StatusUnprocessableEntity, err.Error())
	}
	return ok(struct {
		Status  int    `json:"status"`
		Excerpt string `json:"excerpt"`
	}{got.StatusCode, strings.ToValidUTF8(string(text), "?")})
}
