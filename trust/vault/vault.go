// Package vault speaks to a server of Vault or OpenBao: it logs in, reads secrets
// of the key-value engine (version 2), and wraps keys with the transit engine.
// Package serve makes its clients from the configuration; it knows neither the
// configuration nor what secrets and keys are for.
package vault

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/internal/ask"
)

// Options say where a server is and how to log in: by one of Token, AppRole and
// Kubernetes.
type Options struct {
	Address    string         // https://host:port
	Roots      *x509.CertPool // nil for the system's
	Namespace  string
	Token      trust.Secret
	AppRole    *AppRole
	Kubernetes *Kubernetes
	Timeout    time.Duration // of one answer
}

// AppRole logs in with a role and its secret.
type AppRole struct {
	RoleID   string
	SecretID trust.Secret
	Mount    string // "approle" when empty
}

// Kubernetes logs in with the token of a service account, which is read anew
// each time.
type Kubernetes struct {
	Role      string
	TokenFile string // that of the pod when empty
	Mount     string // "kubernetes" when empty
}

const podToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// Client asks one server. It may be used by many goroutines.
type Client struct {
	ask     *ask.Client
	options Options

	mu    sync.Mutex
	token trust.Secret // guarded by mu
	until time.Time    // guarded by mu; when the token is to be replaced; zero for never
}

// New returns a client. Nothing is asked yet.
func New(o Options) (*Client, error) {
	a, err := ask.New("Vault", o.Address, o.Roots, o.Timeout, false)
	if err != nil {
		return nil, err
	}
	c := &Client{ask: a, options: o, token: o.Token}
	return c, nil
}

// Read returns the fields of a secret that are text, in its newest version. The
// path is that of the command line: the mount first, as in secret/shop/mail.
// Errors are *wrap.Error.
func (c *Client) Read(ctx context.Context, path string) (map[string]string, error) {
	mount, name, ok := strings.Cut(path, "/")
	if !ok || !plain(mount) || !plain(name) {
		return nil, c.ask.Wrong("the path of a secret is mount/name", "")
	}
	var answer struct {
		Data struct {
			Data map[string]json.RawMessage
		}
	}
	if err := c.do(ctx, http.MethodGet, "/v1/"+mount+"/data/"+name, nil, &answer); err != nil {
		return nil, err
	}
	fields := make(map[string]string, len(answer.Data.Data))
	for field, value := range answer.Data.Data {
		var text string
		if json.Unmarshal(value, &text) == nil {
			fields[field] = text
		}
	}
	return fields, nil
}

// do asks with a token, and once more with a fresh one where it was refused.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
		defer clear(body)
	}
	for again := false; ; again = true {
		token, err := c.login(ctx)
		if err != nil {
			return err
		}
		status, err := c.ask.JSON(ctx, ask.Call{Method: method, Path: path, Header: c.header(token), Body: body}, out)
		if status != http.StatusForbidden || again || !c.forget(token) {
			return err
		}
	}
}

func (c *Client) header(token trust.Secret) http.Header {
	h := http.Header{"X-Vault-Request": {"true"}, "Content-Type": {"application/json"}}
	if !token.IsZero() {
		h["X-Vault-Token"] = []string{token.Reveal()}
	}
	if c.options.Namespace != "" {
		h["X-Vault-Namespace"] = []string{c.options.Namespace}
	}
	return h
}

// forget lets go of a token that was refused, and reports whether another can be
// had.
func (c *Client) forget(token trust.Secret) bool {
	if !c.options.Token.IsZero() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = trust.Secret{}
	}
	return true
}

// login returns a token that is valid for a while.
func (c *Client) login(ctx context.Context) (trust.Secret, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.token.IsZero() && (c.until.IsZero() || time.Now().Before(c.until)) {
		return c.token, nil
	}
	path, in, err := c.question()
	if err != nil {
		return trust.Secret{}, err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return trust.Secret{}, err
	}
	defer clear(body)
	var answer struct {
		Auth struct {
			ClientToken   string `json:"client_token"`
			LeaseDuration int    `json:"lease_duration"`
		}
	}
	if _, err := c.ask.JSON(ctx, ask.Call{Method: http.MethodPost, Path: path, Header: c.header(trust.Secret{}), Body: body}, &answer); err != nil {
		return trust.Secret{}, err
	}
	if answer.Auth.ClientToken == "" {
		return trust.Secret{}, c.ask.Wrong("it logs the gate in without a token", "")
	}
	c.token, c.until = trust.NewSecret(answer.Auth.ClientToken), time.Time{}
	if lease := time.Duration(min(max(answer.Auth.LeaseDuration, 0), maxLease)) * time.Second; lease > 0 {
		c.until = time.Now().Add(lease * 2 / 3)
	}
	return c.token, nil
}

const maxLease = 365 * 24 * 60 * 60 // seconds

// question is how the gate asks for a token.
func (c *Client) question() (path string, in any, err error) {
	switch a, k := c.options.AppRole, c.options.Kubernetes; {
	case a != nil:
		return "/v1/auth/" + orElse(a.Mount, "approle") + "/login", map[string]string{"role_id": a.RoleID, "secret_id": a.SecretID.Reveal()}, nil
	case k != nil:
		file := orElse(k.TokenFile, podToken)
		text, err := os.ReadFile(file)
		if err != nil || len(text) > 64<<10 {
			return "", nil, c.ask.Wrong("the token of the service account in "+file+" cannot be read", "")
		}
		return "/v1/auth/" + orElse(k.Mount, "kubernetes") + "/login", map[string]string{"role": k.Role, "jwt": strings.TrimSpace(string(text))}, nil
	}
	return "", nil, c.ask.Wrong("no way to log in is said", "say token, approle or kubernetes")
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// plain reports whether a name can stand in a path as it is.
func plain(name string) bool {
	return name != "" && url.PathEscape(strings.ReplaceAll(name, "/", "")) == strings.ReplaceAll(name, "/", "") &&
		!strings.Contains(name, "..") && !strings.Contains(name, "//") && !strings.HasPrefix(name, "/") && !strings.HasSuffix(name, "/")
}
