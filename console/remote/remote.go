// Package remote speaks to the API of administration of a gate that runs, in the
// words of those who open its store themselves: what is asked for, given and
// wrong is that of packages store and keyring. The command imports it; it
// imports the console for the forms of its API, and knows no configuration.
package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/gatehouse-api/gatehouse/console"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// What one call may take.
const (
	callTime  = 30 * time.Second
	maxAnswer = 8 << 20 // bytes
	pageSize  = 500     // keys
)

// Settings say which gate it is.
type Settings struct {
	// URL is where its API of administration answers: scheme, host and port. Plain
	// HTTP is for this machine alone.
	URL string
	// Credential is one for administration.
	Credential trust.Secret
	// Authorities are those who may vouch for its certificate; nil for those of
	// the system.
	Authorities *x509.CertPool
}

// Gate is a gate that runs. Many goroutines may use it.
type Gate struct {
	base   string // of URLs, without a slash at its end
	bearer trust.Secret
	http   *http.Client
}

// Mistakes in Settings.
var (
	ErrURL        = errors.New("must be a scheme, a host and a port, as in https://gate.example:9091")
	ErrPlain      = errors.New("is plain HTTP beyond this machine, where others can read the credential")
	ErrCredential = errors.New("is no credential for administration")
)

// Open checks settings; it asks nobody yet.
func Open(s Settings) (*Gate, error) {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, ErrURL
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, ErrPlain
	}
	if p, ok := apikey.Parse([]byte(s.Credential.Reveal())); !ok || string(p.Environment) != console.Environment {
		return nil, ErrCredential
	}
	dialer := net.Dialer{Timeout: callTime / 3}
	if u.Scheme == "http" {
		dialer.Control = onlyLoopback
	}
	return &Gate{
		base: u.Scheme + "://" + u.Host, bearer: s.Credential,
		http: &http.Client{
			Timeout: callTime,
			// A credential goes where it was sent, and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext:         dialer.DialContext,
				TLSClientConfig:     &tls.Config{RootCAs: s.Authorities, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout: callTime / 3, MaxResponseHeaderBytes: 64 << 10,
			},
		},
	}, nil
}

// onlyLoopback keeps what is not encrypted on this machine, whatever a name stands
// for.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return ErrPlain
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() || strings.EqualFold(host, "localhost")
}

// Close ends connections that wait.
func (g *Gate) Close() { g.http.CloseIdleConnections() }
