// Package webhook is a sink's receiver that posts lines to a server over HTTP,
// signed as Standard Webhooks describes it (symmetric signatures, version v1).
// Package serve makes it; it knows nothing of what the lines say.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/record/sink"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Form is how lines are written in a body.
type Form uint8

// The forms.
const (
	Array Form = iota // one JSON array
	Lines             // one JSON value a line
)

// Options say where lines are posted and how they are signed.
type Options struct {
	URL    string
	Form   Form
	Secret trust.Secret            // "" for no signature; see Key
	Fields map[string]trust.Secret // of the header, in addition
	TLS    *tls.Config             // nil for the system's authorities
}

// Target posts to a server.
type Target struct {
	o      Options
	key    []byte
	client *http.Client
}

var _ sink.Target = (*Target)(nil)

// New connects to nothing yet.
func New(o Options) *Target {
	transport := &http.Transport{
		TLSClientConfig: o.TLS, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
		MaxIdleConns: 2, MaxConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
	t := &Target{o: o, client: &http.Client{Transport: transport,
		// The receiver is the operator's choice, and not that of a receiver.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if !o.Secret.IsZero() {
		t.key = Key(o.Secret)
	}
	return t
}

// Key is what signatures are made with: the bytes behind whsec_, which are
// written in base64, or the text of a secret that does not begin so.
func Key(secret trust.Secret) []byte {
	text := secret.Reveal()
	if b64, ok := strings.CutPrefix(text, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(b64); err == nil {
			return key
		}
	}
	return []byte(text)
}

// Sign returns the value of webhook-signature for a body.
func Sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, id+"."+timestamp+".")
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Deliver implements sink.Target.
func (t *Target) Deliver(ctx context.Context, lines []byte, _ int) error {
	body := t.encode(lines)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.o.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the URL cannot be used")
	}
	for name, value := range t.o.Fields {
		r.Header.Set(name, value.Reveal())
	}
	r.Header.Set("User-Agent", "gatehouse")
	r.Header.Set("Content-Type", map[Form]string{Array: "application/json", Lines: "application/x-ndjson"}[t.o.Form])
	t.sign(r, lines, body)
	a, err := t.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL, which may hold a token
		}
		return err
	}
	defer a.Body.Close()
	io.CopyN(io.Discard, a.Body, 64<<10) // so that the connection can be used again
	return judge(a)
}

// sign names the delivery and signs it. The name is that of the lines: a server
// that gets them twice knows the second.
func (t *Target) sign(r *http.Request, lines, body []byte) {
	sum := sha256.Sum256(lines)
	id, at := "msg_"+hex.EncodeToString(sum[:16]), strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	if t.key != nil {
		r.Header.Set("Webhook-Signature", Sign(t.key, id, at, body))
	}
}

// encode writes lines as a body, whose memory is not used again: a connection may
// still read it when the answer is there.
func (t *Target) encode(lines []byte) []byte {
	if t.o.Form == Lines {
		return bytes.Clone(lines)
	}
	body := make([]byte, 0, len(lines)+2)
	for line := range bytes.Lines(lines) {
		body = append(append(body, ','), bytes.TrimSuffix(line, []byte{'\n'})...)
	}
	body[0] = '['
	return append(body, ']')
}

// judge says what an answer means.
func judge(a *http.Response) error {
	if a.StatusCode >= 200 && a.StatusCode < 300 {
		return nil
	}
	f := &sink.Failure{Text: fmt.Sprintf("the server answered with status %d", a.StatusCode), After: retryAfter(a.Header.Get("Retry-After"), time.Now())}
	switch a.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests: // later it may take them
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired, http.StatusMisdirectedRequest:
		// It is the address or the credential that is wrong, and not these
		// lines: they wait until that is mended.
	default:
		f.Refused = a.StatusCode >= 400 && a.StatusCode < 500
	}
	return f
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3); what is neither
// is 0.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// Close implements sink.Target.
func (t *Target) Close() error {
	t.client.CloseIdleConnections()
	return nil
}
