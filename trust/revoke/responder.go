package revoke

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

const (
	askTime   = 5 * time.Second // for one question
	maxAnswer = 64 << 10        // bytes of an answer
	skew      = 5 * time.Minute // that clocks may differ
	lasts     = time.Hour       // an answer that does not say how long it holds
)

// ask asks the responder of a certificate (RFC 6960 section 2.1).
func (r *Responders) ask(ctx context.Context, c, issuer *x509.Certificate) (Status, time.Time, error) {
	where, err := r.address(c)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	question, err := ocsp.CreateRequest(c, issuer, nil)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, where, bytes.NewReader(question))
	if err != nil {
		return Unknown, time.Time{}, err
	}
	q.Header.Set("Content-Type", "application/ocsp-request")
	answer, err := r.client.Do(q)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return Unknown, time.Time{}, fmt.Errorf("the responder answers with status %d", answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = errors.New("the responder's answer is too large")
	}
	if err != nil {
		return Unknown, time.Time{}, err
	}
	return judge(text, c, issuer, time.Now())
}

// address is where to ask: what the operator says, else what the certificate
// does, which its authority has signed.
func (r *Responders) address(c *x509.Certificate) (string, error) {
	if r.o.URL != "" {
		return r.o.URL, nil
	}
	for _, text := range c.OCSPServer {
		if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil {
			return text, nil
		}
	}
	return "", errors.New("the certificate names no responder")
}

// judge reads an answer: what it says of c, and until when that holds.
func judge(text []byte, c, issuer *x509.Certificate, now time.Time) (Status, time.Time, error) {
	a, err := ocsp.ParseResponseForCert(text, c, issuer)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	if d := a.Certificate; d != nil && !bytes.Equal(d.Raw, issuer.Raw) {
		// RFC 6960 section 4.2.2.2: whoever answers for the authority must be
		// allowed to. The library leaves it open, and any other certificate of
		// the authority, that of a client as well, could speak for it.
		switch {
		case !slices.Contains(d.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
			return Unknown, time.Time{}, errors.New("the answer is signed by somebody whom the authority does not let answer")
		case now.After(d.NotAfter) || now.Before(d.NotBefore):
			return Unknown, time.Time{}, errors.New("the answer is signed with a certificate that is out of date")
		}
	}
	until := a.NextUpdate
	if until.IsZero() {
		until = a.ThisUpdate.Add(lasts)
	}
	switch {
	case a.ThisUpdate.After(now.Add(skew)):
		return Unknown, time.Time{}, errors.New("the answer is of the future")
	case !now.Before(until):
		return Unknown, time.Time{}, errors.New("the answer holds no more")
	case a.Status == ocsp.Good:
		return Good, until, nil
	}
	// A responder that answers and does not know the certificate has not failed:
	// its authority did not issue it.
	return Revoked, until, nil
}
