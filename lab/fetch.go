package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// fetchTime bounds one fetch, redirects included.
const fetchTime = 2 * time.Second

// errBeyond ends every fetch that would leave the shop.
var errBeyond = errors.New("the lab reaches nothing but itself")

// newClient returns a client that reaches the address own alone, over
// redirects too: this flaw must not be one for others, not even for other
// programs of this machine. It asks no resolver and uses no proxy.
func newClient(own string) *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if port, local := strings.CutPrefix(address, "localhost:"); local {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		if address != own {
			return nil, errBeyond
		}
		var d net.Dialer
		return d.DialContext(ctx, network, own)
	}
	return &http.Client{Timeout: fetchTime, Transport: &http.Transport{
		Proxy:                  nil, // not even that of the environment
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 16 << 10,
		DialContext:            dial,
	}}
}

// fetched gets url and answers how it begins.
func (s *Shop) fetched(ctx context.Context, url string) answer {
	const maxExcerpt = 1000
	own := ""
	if a, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); ok {
		own = a.String()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, err.Error())
	}
	got, err := newClient(own).Do(r)
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
