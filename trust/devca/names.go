package devca

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// maxHosts bounds the hosts of one certificate.
const maxHosts = 100

// names are the hosts of a certificate.
type names struct {
	dns []string
	ips []netip.Addr
}

// parse reads hosts. A name is written in ASCII; a wildcard stands for one
// whole first label (RFC 9525 section 6.3).
func parse(hosts []string) (n names, err error) {
	if len(hosts) == 0 {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	if len(hosts) > maxHosts {
		return n, fmt.Errorf("there are %d hosts, at most %d are possible: make several certificates", len(hosts), maxHosts)
	}
	var problems []error
	for _, h := range hosts {
		if a, err := netip.ParseAddr(strings.Trim(h, "[]")); err == nil && a.Zone() == "" && !a.IsUnspecified() {
			if a = a.Unmap(); !slices.Contains(n.ips, a) {
				n.ips = append(n.ips, a)
			}
			continue
		}
		name := strings.ToLower(h)
		if !isName(strings.TrimPrefix(name, "*.")) {
			problems = append(problems, fmt.Errorf("%q is no host: write a name or an address without port, as in shop.test or 192.0.2.1", h))
			continue
		}
		if !slices.Contains(n.dns, name) {
			n.dns = append(n.dns, name)
		}
	}
	return n, errors.Join(problems...)
}

// isName takes labels of letters, digits and inner hyphens (RFC 1123 section
// 2.1), not all of which are digits at the end: that would be an address.
func isName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	digits := false
	for label := range strings.SplitSeq(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		digits = true
		for _, c := range []byte(label) {
			switch {
			case '0' <= c && c <= '9':
			case 'a' <= c && c <= 'z', c == '-':
				digits = false
			default:
				return false
			}
		}
	}
	return !digits
}

// all writes the hosts.
func (n names) all() []string {
	list := slices.Clone(n.dns)
	for _, a := range n.ips {
		list = append(list, a.String())
	}
	return list
}

// sample is a name that a certificate for host is for.
func sample(host string) string {
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		return "any." + rest
	}
	return host
}

// authority describes an authority that may vouch for n and this machine and
// for servers only (RFC 5280 sections 4.2.1.9, 4.2.1.10 and 4.2.1.12). Both kinds of
// names are constrained: a kind without constraint would be free.
func (n names) authority(now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Gatehouse development authority", Organization: []string{"made on " + now.UTC().Format(time.DateTime)}},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(caLife),
		KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, MaxPathLen: 0, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"},
		PermittedIPRanges:           []*net.IPNet{network(netip.MustParsePrefix("127.0.0.0/8")), network(netip.MustParsePrefix("::1/128"))},
	}
	for _, name := range n.dns {
		if name = strings.TrimPrefix(name, "*."); !slices.Contains(t.PermittedDNSDomains, name) {
			t.PermittedDNSDomains = append(t.PermittedDNSDomains, name)
		}
	}
	for _, a := range n.ips {
		if !a.IsLoopback() {
			t.PermittedIPRanges = append(t.PermittedIPRanges, network(netip.PrefixFrom(a, a.BitLen())))
		}
	}
	return t
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// server describes a server's certificate.
func (n names) server(now, latest time.Time) *x509.Certificate {
	end := now.Add(serverLife)
	if end.After(latest) {
		end = latest
	}
	t := &x509.Certificate{
		Subject:   pkix.Name{Organization: []string{"Gatehouse development"}},
		NotBefore: now.Add(-backdated), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: n.dns,
	}
	for _, a := range n.ips {
		t.IPAddresses = append(t.IPAddresses, a.AsSlice())
	}
	return t
}

// beyond returns a host that ca may not vouch for; "" when there is none. An
// authority without constraints may vouch for all.
func (n names) beyond(ca *x509.Certificate) string {
	for _, name := range n.dns {
		within := len(ca.PermittedDNSDomains) == 0
		for _, d := range ca.PermittedDNSDomains {
			bare := strings.TrimPrefix(name, "*.")
			within = within || bare == d || strings.HasSuffix(bare, "."+d)
		}
		if !within {
			return name
		}
	}
	for _, a := range n.ips {
		if len(ca.PermittedIPRanges) > 0 && !slices.ContainsFunc(ca.PermittedIPRanges, func(r *net.IPNet) bool { return r.Contains(a.AsSlice()) }) {
			return a.String()
		}
	}
	return ""
}
