package devca

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestMake(t *testing.T) {
	for _, row := range []struct {
		name         string
		hosts        []string
		good, others []string
	}{
		{"by-default-this-machine", nil, []string{"localhost", "127.0.0.1", "::1"}, []string{"example.com", "127.0.0.2", "a.localhost"}},
		{"names-and-addresses", []string{"Shop.test", "*.api.test", "192.0.2.7", "[2001:db8::1]", "shop.test"},
			[]string{"shop.test", "v1.api.test", "192.0.2.7", "2001:db8::1"}, []string{"localhost", "api.test", "a.b.api.test", "192.0.2.8"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "folder")
			f, err := Make(dir, row.hosts, now)
			if err != nil {
				t.Fatal(err)
			}
			if !f.MadeAuthority || f.ReplacedServer || !f.Expires.Equal(now.Add(serverLife)) || !f.CAExpires.Equal(now.Add(caLife)) {
				t.Errorf("it says %+v", f)
			}
			for name, mode := range map[string]os.FileMode{f.CA: 0o644, f.CAKey: 0o600, f.Certificate: 0o644, f.Key: 0o600, dir: 0o700} {
				info, err := os.Stat(name)
				if err != nil || info.Mode().Perm() != mode {
					t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, mode)
				}
			}
			for _, h := range row.good {
				if err := verify(t, &f, h, now); err != nil {
					t.Errorf("%s: %v", h, err)
				}
			}
			for _, h := range row.others {
				if verify(t, &f, h, now) == nil {
					t.Errorf("%s is taken", h)
				}
			}
			if verify(t, &f, row.good[0], now.Add(serverLife+time.Second)) == nil {
				t.Error("it is taken after its end")
			}
		})
	}
}

// verify asks whether a client that trusts the authority takes the certificate
// for host.
func verify(t *testing.T, f *Files, host string, at time.Time) error {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(parsed(t, f.CA))
	_, err := parsed(t, f.Certificate).Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: at})
	return err
}

func parsed(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	c, err := readCertificate(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStolenKeyOpensNoOtherName signs with the authority's key what it must
// not vouch for.
func TestStolenKeyOpensNoOtherName(t *testing.T) {
	f, err := Make(t.TempDir(), []string{"shop.test"}, now)
	if err != nil {
		t.Fatal(err)
	}
	thief, err := openSigner(f.CA, f.CAKey)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(thief.cert)
	server := func(host string) *x509.Certificate {
		n, err := parse([]string{host})
		if err != nil {
			t.Fatal(err)
		}
		return n.server(now, thief.cert.NotAfter)
	}
	for _, row := range []struct {
		name, host string
		change     func(*x509.Certificate)
		taken      bool
	}{
		{"its-own-name", "shop.test", nil, true},
		{"a-name-below-it", "a.shop.test", nil, true},
		{"this-machine", "127.0.0.9", nil, true},
		{"another-name", "bank.example", nil, false},
		{"a-name-that-ends-alike", "notshop.test", nil, false},
		{"the-name-above", "test", nil, false},
		{"another-address", "192.0.2.1", nil, false},
		{"another-address-of-version-6", "2001:db8::1", nil, false},
		{"a-client", "shop.test", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, usage := server(row.host), x509.ExtKeyUsageServerAuth
			if row.change != nil {
				row.change(c)
				usage = c.ExtKeyUsage[0]
			}
			s, err := newSigner(c, thief)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.cert.Verify(x509.VerifyOptions{DNSName: row.host, Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}})
			if (err == nil) != row.taken {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("an-authority-below", func(t *testing.T) {
		n, _ := parse([]string{"shop.test"})
		below, err := newSigner(n.authority(now), thief)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := newSigner(n.server(now, now.Add(time.Hour)), below)
		if err != nil {
			t.Fatal(err)
		}
		between := x509.NewCertPool()
		between.AddCert(below.cert)
		if _, err := leaf.cert.Verify(x509.VerifyOptions{DNSName: "shop.test", Roots: roots, Intermediates: between, CurrentTime: now}); err == nil {
			t.Error("it is taken")
		}
	})
}

// TestMakeAgain makes a second certificate under the same authority.
func TestMakeAgain(t *testing.T) {
	dir := t.TempDir()
	first, err := Make(dir, []string{"shop.test"}, now)
	if err != nil {
		t.Fatal(err)
	}
	ca, key, cert := read(t, first.CA), read(t, first.CAKey), read(t, first.Certificate)
	later := now.Add(300 * 24 * time.Hour)
	second, err := Make(dir, []string{"www.shop.test", "localhost"}, later)
	if err != nil {
		t.Fatal(err)
	}
	if second.MadeAuthority || !second.ReplacedServer || read(t, second.CA) != ca || read(t, second.CAKey) != key || read(t, second.Certificate) == cert {
		t.Errorf("the authority changed, or the certificate did not: %+v", second)
	}
	if err := verify(t, &second, "www.shop.test", later); err != nil {
		t.Error(err)
	}
	if !second.Expires.Equal(second.CAExpires) {
		t.Errorf("the certificate ends on %v, its authority on %v", second.Expires, second.CAExpires)
	}
	if info, err := os.Stat(second.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 {
		t.Errorf("there are %v, %v", files, err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestMakeRefuses also holds that nothing in the folder changes.
func TestMakeRefuses(t *testing.T) {
	write := func(t *testing.T, dir, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := func(t *testing.T, dir string) {
		t.Helper()
		if _, err := Make(dir, []string{"shop.test"}, now); err != nil {
			t.Fatal(err)
		}
	}
	rows := []struct {
		name   string
		before func(t *testing.T, dir string)
		hosts  []string
		at     time.Time
		want   string
	}{
		{"a-port", nil, []string{"shop.test:8443"}, now, "without port"},
		{"a-url", nil, []string{"https://shop.test"}, now, "is no host"},
		{"nothing", nil, []string{""}, now, "is no host"},
		{"an-inner-wildcard", nil, []string{"a.*.test"}, now, "is no host"},
		{"a-bare-wildcard", nil, []string{"*"}, now, "is no host"},
		{"an-address-that-is-none", nil, []string{"127.0.0.256"}, now, "is no host"},
		{"every-address", nil, []string{"0.0.0.0"}, now, "is no host"},
		{"a-zone", nil, []string{"fe80::1%eth0"}, now, "is no host"},
		{"a-line-end", nil, []string{"shop.test\n"}, now, "is no host"},
		{"too-many", nil, make([]string, maxHosts+1), now, "at most 100"},
		{"a-host-beyond-the-authority", made, []string{"shop.test", "bank.example"}, now, "may not vouch for bank.example"},
		{"an-address-beyond-the-authority", made, []string{"192.0.2.1"}, now, "may not vouch for 192.0.2.1"},
		{"an-authority-that-has-ended", made, []string{"shop.test"}, now.Add(caLife), "valid until"},
		{"an-authority-of-tomorrow", made, []string{"shop.test"}, now.Add(-time.Hour), "valid until"},
		{"no-key", func(t *testing.T, dir string) { made(t, dir); os.Remove(filepath.Join(dir, caKeyFile)) }, nil, now, "the key of the authority"},
		{"no-certificate", func(t *testing.T, dir string) { made(t, dir); os.Remove(filepath.Join(dir, caFile)) }, nil, now, "cannot be used"},
		{"the-key-of-another", func(t *testing.T, dir string) {
			made(t, dir)
			other := t.TempDir()
			made(t, other)
			write(t, dir, caKeyFile, read(t, filepath.Join(other, caKeyFile)))
		}, nil, now, "is not the key"},
		{"another-kind-of-file", func(t *testing.T, dir string) { write(t, dir, caFile, "my own notes") }, nil, now, "no PEM file"},
		{"a-server-for-an-authority", func(t *testing.T, dir string) {
			made(t, dir)
			write(t, dir, caFile, read(t, filepath.Join(dir, serverFile)))
			write(t, dir, caKeyFile, read(t, filepath.Join(dir, serverKeyFile)))
		}, nil, now, "is no authority"},
		{"a-server-of-somebody-else", func(t *testing.T, dir string) {
			made(t, dir)
			other := t.TempDir()
			made(t, other)
			write(t, dir, serverFile, read(t, filepath.Join(other, serverFile)))
		}, nil, now, "were not made by the authority"},
		{"a-key-without-certificate", func(t *testing.T, dir string) { write(t, dir, serverKeyFile, "precious") }, nil, now, "were not made by the authority"},
		{"a-link", func(t *testing.T, dir string) {
			if err := os.Symlink("elsewhere", filepath.Join(dir, caKeyFile)); err != nil {
				t.Fatal(err)
			}
		}, nil, now, "cannot be used"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			if row.before != nil {
				row.before(t, dir)
			}
			before := contents(t, dir)
			_, err := Make(dir, row.hosts, row.at)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Fatalf("got %v, want %q in it", err, row.want)
			}
			for name, text := range contents(t, dir) {
				if old, there := before[name]; there && old != text || !there && name != caFile && name != caKeyFile {
					t.Errorf("%s was written", name)
				}
			}
			for name, text := range before {
				if block, _ := pem.Decode([]byte(text)); block == nil && text != "" && strings.Contains(err.Error(), text) {
					t.Errorf("the error shows what is in %s", name)
				}
			}
		})
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Type().IsRegular() {
			m[e.Name()] = read(t, filepath.Join(dir, e.Name()))
		}
	}
	return m
}

func TestAuthorityIsBounded(t *testing.T) {
	f, err := Make(t.TempDir(), []string{"*.shop.test", "192.0.2.7", "127.0.0.1"}, now)
	if err != nil {
		t.Fatal(err)
	}
	ca := parsed(t, f.CA)
	if !ca.MaxPathLenZero || ca.MaxPathLen != 0 || ca.KeyUsage != x509.KeyUsageCertSign || !ca.PermittedDNSDomainsCritical {
		t.Errorf("the authority is %+v", ca)
	}
	if want := []string{"localhost", "shop.test"}; !slices.Equal(ca.PermittedDNSDomains, want) {
		t.Errorf("names %v, want %v", ca.PermittedDNSDomains, want)
	}
	var nets []string
	for _, r := range ca.PermittedIPRanges {
		nets = append(nets, (&net.IPNet{IP: r.IP, Mask: r.Mask}).String())
	}
	if want := []string{"127.0.0.0/8", "::1/128", "192.0.2.7/32"}; !slices.Equal(nets, want) {
		t.Errorf("addresses %v, want %v", nets, want)
	}
}
