package serve

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// upstreamOptions are the settings of u for the way to it, and what tells them
// apart from others: also the text of the files that they name.
func upstreamOptions(u *config.Upstream) (o upstream.Options, key sum, wrong *fault) {
	o = upstream.Options{ConnectTimeout: u.ConnectTimeout, AnswerTimeout: u.AnswerTimeout, TotalTimeout: u.TotalTimeout, MaxInFlight: u.MaxInFlight}
	k := newKey()
	k.text(u.URL)
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		o.Fields = append(o.Fields, upstream.Field{Name: name, Value: u.Fields[name]})
		k.text(name)
		k.text(u.Fields[name].Reveal())
	}
	if u.Protocol == config.SpeakHTTP2 {
		o.Protocol = upstream.HTTP2
	}
	k.value(o.Protocol, o.ConnectTimeout, o.AnswerTimeout, o.TotalTimeout, o.MaxInFlight, u.ServerName, u.Pins)
	if u.CA != "" || u.Certificate != "" || u.ServerName != "" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: strings.Trim(u.ServerName, "[]")}
	}
	for _, pin := range u.Pins {
		o.Pins = append(o.Pins, trust.Pin(pin))
	}
	if wrong = addAuthorities(u, &o, k); wrong == nil {
		wrong = addCertificate(u, &o, k)
	}
	return o, k.sum(), wrong
}

// addAuthorities reads those that may vouch for the API.
func addAuthorities(u *config.Upstream, o *upstream.Options, k key) *fault {
	if u.CA == "" {
		return nil
	}
	at := u.Place.At("ca")
	text, err := readCA(string(u.CA))
	if err != nil {
		return &fault{at: at, text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
	}
	if o.TLS.RootCAs, err = readAuthorities(text, time.Now()); err != nil {
		return &fault{at: at, text: err.Error(), remedy: "name a PEM file with the certificates of the authorities that vouch for the API"}
	}
	k.text("ca")
	k.text(string(text))
	return nil
}

// addCertificate reads what the gate shows the API. Nothing of the key gets
// into a message.
func addCertificate(u *config.Upstream, o *upstream.Options, k key) *fault {
	if u.Certificate == "" {
		return nil
	}
	at := u.Place.At("certificate")
	chain, err := readCA(string(u.Certificate))
	if err != nil {
		return &fault{at: at, text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
	}
	private, err := readCA(string(u.Key))
	if err != nil {
		return &fault{at: u.Place.At("key"), text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
	}
	pair, err := tls.X509KeyPair(chain, private)
	switch {
	case err != nil:
		return &fault{at: at, text: "the certificate and the key cannot be read, or are not of one pair", remedy: "name two PEM files, a certificate and the key that it was made for"}
	case time.Now().After(pair.Leaf.NotAfter):
		return &fault{at: at, text: "the certificate expired on " + pair.Leaf.NotAfter.Format(time.DateTime), remedy: "have its authority make a new one"}
	}
	o.TLS.Certificates = []tls.Certificate{pair}
	k.text("certificate")
	k.text(string(chain))
	k.text(string(private))
	return nil
}

// newUpstream makes the way to u.
func newUpstream(u *config.Upstream, o upstream.Options) (*upstream.Upstream, *fault) {
	const hint = "write it like http://127.0.0.1:9000"
	wrong := &fault{at: u.Place.At("url"), flag: "upstream", hint: hint, remedy: hint}
	target, err := parsePlace(u.URL)
	if err != nil {
		wrong.text = "is not a URL"
		return nil, wrong
	}
	if port := target.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			wrong.text = "has a port that does not exist: ports are 1 to 65535"
			return nil, wrong
		}
	}
	made, err := upstream.New(target, o)
	if err != nil {
		wrong.text, wrong.hint, wrong.remedy = strings.TrimPrefix(err.Error(), "upstream: "), "", ""
		return nil, wrong
	}
	return made, nil
}

// parsePlace reads where an API runs. The path of a socket is taken as it is.
func parsePlace(text string) (*url.URL, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		return &url.URL{Scheme: "unix", Path: path}, nil
	}
	return url.Parse(text)
}

// maxCA bounds a file with authorities: that of a system has some 200 KiB.
const maxCA = 8 << 20

// readCA reads a file with authorities; a named pipe would block.
func readCA(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, errors.New("not a regular file")
	case info.Size() > maxCA:
		return nil, errors.New("larger than 8 MiB")
	}
	return os.ReadFile(name)
}

// readAuthorities reads certificates that may vouch for an API. At least one of
// them must do so now.
func readAuthorities(text []byte, now time.Time) (*x509.CertPool, error) {
	roots, n := x509.NewCertPool(), 0
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("a certificate in the file cannot be read")
		}
		if now.After(c.NotAfter) {
			return nil, fmt.Errorf("an authority expired on %s", c.NotAfter.Format(time.DateTime))
		}
		roots.AddCert(c)
		n++
	}
	if n == 0 {
		return nil, errors.New("there is no certificate in the file")
	}
	return roots, nil
}
