package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// unreached says why nothing was answered, and what to do about it.
func (g *Gate) unreached(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var host *net.DNSError
	var network net.Error
	at := strings.TrimPrefix(strings.TrimPrefix(g.base, "https://"), "http://")
	switch {
	case errors.Is(err, ErrPlain):
		return &Error{Text: at + " " + ErrPlain.Error(), Hint: "write https://, and give admin a certificate in the gate's gatehouse.yaml"}
	case errors.As(err, &unknown):
		return &Error{Text: "nobody known vouches for the certificate of " + at, Hint: "name the file of its authority with --admin-ca"}
	case errors.As(err, &name):
		return &Error{Text: "the certificate of " + at + " is not for this name", Hint: "write a name that stands in it, in --admin"}
	case errors.As(err, &invalid):
		return &Error{Text: "the certificate of " + at + " is not valid: " + invalid.Error(), Hint: "renew it; the gate reads it again by itself"}
	case errors.As(err, &record), strings.HasPrefix(g.base, "https:") && strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return &Error{Text: at + " does not speak TLS", Hint: "is it the gate's admin.address? Without a certificate it is http://"}
	case errors.As(err, &host):
		return &Error{Text: "there is no address for the name " + host.Name, Hint: "is the name in --admin right?"}
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Text: "nothing answers at " + g.base + ": the connection is refused", Hint: "does the gate run, and is this the admin.address of its gatehouse.yaml?"}
	case errors.As(err, &network) && network.Timeout():
		return &Error{Text: "nothing answers at " + g.base + " in time", Hint: "does the gate run, and may this machine reach it?"}
	case strings.HasPrefix(g.base, "http:") && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || strings.Contains(err.Error(), "malformed HTTP")):
		return &Error{Text: at + " does not answer plain HTTP", Hint: "if admin has a certificate in the gate's gatehouse.yaml, write https://"}
	}
	return &Error{Text: "the gate at " + g.base + " cannot be reached: " + printable(cause(err)), Hint: "does it run, and is this the admin.address of its gatehouse.yaml?"}
}

// cause is an error without the URL that net/http puts before it.
func cause(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err.Error()
}
