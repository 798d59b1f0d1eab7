package jwks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// fetcher returns what fetches the keys of o, and the average time between
// fetches that tokens ask for.
func (o *Options) fetcher() (func(context.Context) (fetched, error), time.Duration, error) {
	n := 0
	for _, one := range []string{o.URL, o.Issuer, o.File} {
		if one != "" {
			n++
		}
	}
	if n != 1 {
		return nil, 0, errors.New("keys come from one of an address, an issuer and a file")
	}
	if o.File != "" {
		return func(context.Context) (fetched, error) { return readFile(o.File) }, time.Second, nil
	}
	address := o.URL + o.Issuer
	if _, err := Address(address); err != nil {
		return nil, 0, err
	}
	c, err := newClient(o.Roots)
	if err != nil {
		return nil, 0, err
	}
	if o.URL != "" {
		return func(ctx context.Context) (fetched, error) { return c.keys(ctx, o.URL) }, askedRefresh, nil
	}
	return func(ctx context.Context) (fetched, error) { return c.discover(ctx, o.Issuer) }, askedRefresh, nil
}

// Address says why keys are not fetched from an address: it must be https, or
// http to this machine, and hold no credentials.
func Address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("it is no address of a server, as https://id.example.com")
	case u.User != nil:
		return nil, errors.New("an address holds no user and password")
	case u.Fragment != "":
		return nil, errors.New("an address has no fragment")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("keys are fetched by https, or by http from this machine itself: whoever stands between could give keys of his own")
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// client fetches small documents. It follows no redirects, keeps no
// connections, asks no proxy and unpacks nothing.
type client struct{ http http.Client }

func newClient(roots []byte) (*client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if roots != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(roots) {
			return nil, errors.New("there is no certificate in the file of authorities")
		}
	}
	dial := func(control func(network, address string, c syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
		return (&net.Dialer{Timeout: fetchTime / 2, Control: control}).DialContext
	}
	return &client{http.Client{
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dial(onlyLoopback), // of http; https has its own
			DialTLSContext:         dialTLS(dial(nil), config),
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
			ResponseHeaderTimeout:  fetchTime,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// onlyLoopback keeps unencrypted calls on this machine, whatever a name stands
// for.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return errors.New("the address is not of this machine")
	}
	return nil
}

func dialTLS(dial func(context.Context, string, string) (net.Conn, error), config *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		config := config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(address)
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, err
		}
		return conn, nil
	}
}

// get fetches one document.
func (c *client) get(ctx context.Context, address string) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	r.Header.Set("User-Agent", "gatehouse")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, nil, fmt.Errorf("%s redirects, which is not followed: name the address that it leads to", address)
	case answer.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("%s answers with status %d", address, answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, jose.MaxSetBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s breaks off", address)
	}
	if len(text) > jose.MaxSetBytes {
		return nil, nil, fmt.Errorf("%s sends more than %d KiB", address, jose.MaxSetBytes>>10)
	}
	return text, answer.Header, nil
}

// keys fetches a JWK Set.
func (c *client) keys(ctx context.Context, address string) (fetched, error) {
	text, header, err := c.get(ctx, address)
	if err != nil {
		return fetched{}, err
	}
	set, notes, err := jose.ReadSet(text)
	if err != nil {
		return fetched{}, fmt.Errorf("%s: %w", address, err)
	}
	return fetched{set, notes, freshness(header)}, nil
}

// freshness is for how long an answer may be used (RFC 9111 section 5.2.2),
// within bounds: keys that are fetched too often are a burden, and such that
// are fetched too seldom let a withdrawn key live.
func freshness(header http.Header) time.Duration {
	for _, line := range header.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return minRefresh
			case "max-age":
				seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
				if err == nil {
					return min(max(time.Duration(seconds)*time.Second, minRefresh), maxRefresh)
				}
			}
		}
	}
	return defaultRefresh
}

// discover asks an issuer where its keys are, and fetches them.
func (c *client) discover(ctx context.Context, issuer string) (fetched, error) {
	// OpenID Connect Discovery section 4.1: behind the issuer, whose last "/"
	// is left out.
	address := strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	text, _, err := c.get(ctx, address)
	if err != nil {
		return fetched{}, err
	}
	metadata, err := jose.ReadObject(text)
	if err != nil {
		return fetched{}, fmt.Errorf("%s: %w", address, err)
	}
	// Section 4.3: exactly the issuer that was asked.
	if says, _ := metadata["issuer"].(string); says != issuer {
		return fetched{}, fmt.Errorf("%s is of another issuer than %s", address, issuer)
	}
	where, _ := metadata["jwks_uri"].(string)
	u, err := Address(where)
	if err != nil {
		return fetched{}, fmt.Errorf("%s: jwks_uri: %w", address, err)
	}
	if u.Scheme == "http" && !strings.HasPrefix(issuer, "http:") {
		return fetched{}, fmt.Errorf("%s: jwks_uri is not https", address)
	}
	return c.keys(ctx, where)
}

// readFile reads a JWK Set or public keys as PEM.
func readFile(path string) (fetched, error) {
	text, err := jose.ReadFile(path, jose.MaxSetBytes)
	if err != nil {
		return fetched{}, err
	}
	read := jose.ReadSet
	if bytes.Contains(text, []byte("-----BEGIN")) {
		read = jose.ReadPEM
	}
	set, notes, err := read(text)
	if err != nil {
		return fetched{}, fmt.Errorf("%s: %w", path, err)
	}
	return fetched{set, notes, fileRefresh}, nil
}
