// Package ask calls the HTTP APIs of services that keep keys and secrets. Every
// call has a time, a bounded answer and no redirects, and its errors hold nothing
// of what was sent or of what the service wrote. The packages of the services
// below trust import it; it knows none of them.
package ask

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Client asks one service. It may be used by many goroutines.
type Client struct {
	who     string
	base    string
	client  *http.Client
	timeout time.Duration
}

// MaxAnswer bounds an answer.
const MaxAnswer = 1 << 20

// DefaultTimeout is how long an answer may take where nothing else is said.
const DefaultTimeout = 5 * time.Second

// New returns a client for the service at a URL, which errors call who. The URL
// is https, or http to this machine; local allows http to any address, for the
// metadata of clouds. Roots are the system's when nil.
func New(who, base string, roots *x509.CertPool, timeout time.Duration, local bool) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !local && !loopback(u.Hostname())) {
		return nil, &wrap.Error{Who: who, Text: "its address is no URL of https", Hint: "write it like https://vault.example.com:8200"}
	}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &Client{who: who, base: strings.TrimRight(base, "/"), timeout: timeout, client: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           2,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// Call is one question.
type Call struct {
	Method string
	Path   string      // with the query, from the root
	Header http.Header // may be nil
	Body   []byte      // nil for none
}

// Do asks and reads the whole answer. An error is a *wrap.Error, of a service
// that could not be asked; every status is an answer, also one that refuses.
func (c *Client) Do(ctx context.Context, q Call) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, q.Method, c.base+q.Path, bytes.NewReader(q.Body))
	if err != nil {
		return 0, nil, c.Wrong("the call cannot be made", "")
	}
	for name, values := range q.Header {
		r.Header[name] = values
	}
	a, err := c.client.Do(r)
	if err != nil {
		return 0, nil, c.down(ctx, err)
	}
	defer a.Body.Close()
	body, err = io.ReadAll(io.LimitReader(a.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return 0, nil, c.down(ctx, err)
	case len(body) > MaxAnswer:
		return 0, nil, c.Wrong("its answer is larger than 1 MiB", "")
	}
	return a.StatusCode, body, nil
}

// JSON asks and reads the answer into out. A status other than 200 is an error;
// it is told without the service's words, but for a code that is a plain word.
func (c *Client) JSON(ctx context.Context, q Call, out any) (status int, err error) {
	status, body, err := c.Do(ctx, q)
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return status, c.refused(status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return status, c.Wrong("its answer is not what its API describes", "")
	}
	return status, nil
}

// Wrong is an error of the service's answers or settings.
func (c *Client) Wrong(text, hint string) error {
	return &wrap.Error{Who: c.who, Text: text, Hint: hint}
}

func (c *Client) refused(status int, body []byte) error {
	e := &wrap.Error{Who: c.who, Text: "it answers " + strconv.Itoa(status), Down: status >= 500 || status == http.StatusTooManyRequests}
	if code := codeOf(body); code != "" {
		e.Text += " " + code
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		e.Hint = "may the gate's credentials do this, and are they still valid?"
	case status == http.StatusNotFound:
		e.Hint = "does what the configuration names exist there?"
	case status >= 300 && status < 400:
		e.Hint = "redirects are not followed: name the address that it leads to"
	}
	return e
}

// down says why there is no answer.
func (c *Client) down(ctx context.Context, err error) error {
	e := &wrap.Error{Who: c.who, Text: "it cannot be reached", Down: true}
	var timeout net.Error
	var cert *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.As(err, &cert):
		e.Text, e.Hint, e.Down = "its certificate is vouched for by nobody that is trusted", "name its authority in ca", false
	case ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		e.Text = "it does not answer in time"
	case errors.As(err, &op) && op.Op == "dial":
		e.Text = "it cannot be connected to"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Text = "it ended the connection without an answer"
	}
	return e
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{1,63}$`)

// codeOf finds the code of an error, where AWS and Google write it: a word such
// as AccessDeniedException or PERMISSION_DENIED.
func codeOf(body []byte) string {
	var answer struct {
		Type  string `json:"__type"`
		Error json.RawMessage
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	code := answer.Type[strings.LastIndexByte(answer.Type, '#')+1:]
	if code == "" {
		var inner struct{ Status, Code string }
		if json.Unmarshal(answer.Error, &inner) == nil || inner.Status != "" {
			code = inner.Status + inner.Code
		} else if json.Unmarshal(answer.Error, &code) != nil {
			return ""
		}
	}
	if !codeForm.MatchString(code) {
		return ""
	}
	return code
}
