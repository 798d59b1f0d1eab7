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
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// pool is the connections to one API. Plans come and go; a pool stays as long
// as one of them wants it with the same settings.
type pool struct {
	*upstream.Upstream
	key   sum
	users int
}

// pools are the open ones, by their settings.
type pools map[sum]*pool

// acquire returns the pool with the settings of u, a new one when there is
// none.
func (ps pools) acquire(u *config.Upstream) (*pool, *fault) {
	o, authorities, wrong := upstreamOptions(u)
	if wrong != nil {
		return nil, wrong
	}
	key := poolKey(u, authorities)
	p := ps[key]
	if p == nil {
		made, wrong := newUpstream(u, o)
		if wrong != nil {
			return nil, wrong
		}
		p = &pool{Upstream: made, key: key}
		ps[key] = p
	}
	p.users++
	return p, nil
}

// release gives pools back; one that nobody wants any more is closed.
// Exchanges that are with the API end by themselves.
func (ps pools) release(list []*pool) {
	for _, p := range list {
		if p.users--; p.users == 0 {
			delete(ps, p.key)
			p.Close()
		}
	}
}

// poolKey tells settings apart.
func poolKey(u *config.Upstream, authorities []byte) sum {
	k := newKey()
	add := k.text
	add(u.URL)
	add(string(u.CA))
	add(string(authorities))
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		add(name)
		add(u.Fields[name].Reveal())
	}
	for _, n := range []int64{int64(u.ConnectTimeout), int64(u.AnswerTimeout), int64(u.MaxInFlight)} {
		add(strconv.FormatInt(n, 10))
	}
	return k.sum()
}

// upstreamOptions are the settings of u for the engine, with the text of the
// authorities that it trusts.
func upstreamOptions(u *config.Upstream) (o upstream.Options, authorities []byte, wrong *fault) {
	o = upstream.Options{ConnectTimeout: u.ConnectTimeout, AnswerTimeout: u.AnswerTimeout, MaxInFlight: u.MaxInFlight}
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		o.Fields = append(o.Fields, upstream.Field{Name: name, Value: u.Fields[name]})
	}
	if u.CA == "" {
		return o, nil, nil
	}
	at := u.Place.At("ca")
	authorities, err := readCA(string(u.CA))
	if err != nil {
		return o, nil, &fault{at: at, text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
	}
	roots, err := readAuthorities(authorities, time.Now())
	if err != nil {
		return o, nil, &fault{at: at, text: err.Error(), remedy: "name a PEM file with the certificates of the authorities that vouch for the API"}
	}
	o.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return o, authorities, nil
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

func newUpstream(u *config.Upstream, o upstream.Options) (*upstream.Upstream, *fault) {
	const hint = "write it like http://127.0.0.1:9000"
	wrong := &fault{at: u.Place.At("url"), flag: "upstream", hint: hint, remedy: hint}
	target, err := url.Parse(u.URL)
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
