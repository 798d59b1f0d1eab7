package attack

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/probe/sample"
)

// answer is what came back.
type answer struct {
	status int
	code   string // of the gate's problem; "" when the API has answered
	took   time.Duration
}

// maxAnswer is how much of an answer is read: a problem is far smaller.
const maxAnswer = 64 << 10

// call sends one call.
func (r *run) call(ctx context.Context, c *sample.Call) (a answer, err error) {
	at, err := url.ParseRequestURI(c.Target)
	if err != nil {
		return a, errTarget
	}
	full := *r.at
	full.Path, full.RawPath, full.RawQuery = r.at.Path+at.Path, r.at.EscapedPath()+at.EscapedPath(), at.RawQuery
	q, err := http.NewRequestWithContext(ctx, c.Method, r.at.String(), bytes.NewReader(c.Body))
	if err != nil {
		return a, err
	}
	q.URL = &full
	for _, f := range c.Fields {
		q.Header.Set(f[0], f[1])
	}
	for _, f := range r.options.Header {
		q.Header.Set(f[0], f[1])
	}
	began := time.Now()
	back, err := r.client.Do(q)
	if err != nil {
		return a, err
	}
	defer back.Body.Close()
	text, err := io.ReadAll(io.LimitReader(back.Body, maxAnswer))
	a.took, a.status = time.Since(began), back.StatusCode
	if err != nil {
		return a, err
	}
	if a.status >= 400 && strings.HasPrefix(back.Header.Get("Content-Type"), "application/problem+json") {
		a.code = codeOf(text)
	}
	return a, nil
}

var errTarget = errors.New("its path is no target of a request")

// refusals is where the types of the gate's problems are documented: what
// tells them apart from those of an API (RFC 9457 section 3.1.1).
const refusals = "https://github.com/gatehouse-api/gatehouse/blob/main/docs/refusals.md#"

func codeOf(text []byte) string {
	var p struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(text, &p) != nil {
		return ""
	}
	code, own := strings.CutPrefix(p.Type, refusals)
	if strings.HasPrefix(code, "answer-") { // the call had come to the API
		return ""
	}
	if !own || len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return code
}

// wordOf says what went wrong without the URL, which holds the value.
func wordOf(err error) string {
	var op *net.OpError
	var timeout net.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return "its certificate is not trusted: --ca names the authority that vouches for it"
	case errors.As(err, &op):
		return op.Op + ": " + op.Err.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "too late"
	case errors.Is(err, errTarget):
		return errTarget.Error()
	}
	return "the connection broke off"
}
