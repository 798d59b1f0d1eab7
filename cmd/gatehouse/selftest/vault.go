package selftest

import (
	"crypto/cipher"
	"encoding/base64"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
)

// references are the secrets of Vault that a configuration refers to: the values
// that stand for their fields, by path.
type references struct {
	trust.Remote // what stands for a value that nobody was asked for
	fields       map[string]map[string]string
}

func newReferences(t *config.Trust) *references {
	return &references{config.Unasked(t), map[string]map[string]string{}}
}

// Vault implements trust.Remote.
func (r *references) Vault(path, field string) (string, *trust.Note) {
	value, note := r.Remote.Vault(path, field)
	if r.fields[path] == nil {
		r.fields[path] = map[string]string{}
	}
	r.fields[path][field] = value
	return value, note
}

// vaultStandIn answers as Vault does: to logins, for secrets of the key-value
// engine (version 2), and as the transit engine.
// https://developer.hashicorp.com/vault/api-docs
type vaultStandIn struct {
	fields  map[string]map[string]string
	sealer  cipher.AEAD
	emptied atomic.Bool // its secrets are gone
}

var standInToken = trust.NewSecret("selftest")

func newVault(fields map[string]map[string]string) *vaultStandIn {
	return &vaultStandIn{fields: fields, sealer: newSealer()}
}

// ServeHTTP implements http.Handler.
func (v *vaultStandIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	var in map[string]string
	if r.Method == http.MethodPost && json.UnmarshalRead(r.Body, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch {
	case strings.HasPrefix(path, "auth/"):
		tell(w, map[string]any{"auth": map[string]any{"client_token": standInToken.Reveal(), "lease_duration": 3600}})
	case r.Header.Get("X-Vault-Token") != standInToken.Reveal():
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodGet:
		mount, name, _ := strings.Cut(path, "/data/")
		fields, known := v.fields[mount+"/"+name]
		if !known || v.emptied.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		tell(w, map[string]any{"data": map[string]any{"data": fields}})
	default:
		v.transit(w, path, in)
	}
}

func (v *vaultStandIn) transit(w http.ResponseWriter, path string, in map[string]string) {
	const mark = "vault:v1:"
	decode := base64.StdEncoding.DecodeString
	bound, err := decode(in["associated_data"])
	plain, wrong := decode(in["plaintext"])
	sealed, other := decode(strings.TrimPrefix(in["ciphertext"], mark))
	if err == nil && strings.Contains(path, "/decrypt/") {
		plain, err = v.sealer.Open(nil, nil, sealed, bound)
	}
	switch {
	case err != nil, wrong != nil, other != nil:
		w.WriteHeader(http.StatusBadRequest)
	case strings.Contains(path, "/decrypt/"):
		tell(w, map[string]any{"data": map[string]any{"plaintext": base64.StdEncoding.EncodeToString(plain)}})
	default:
		tell(w, map[string]any{"data": map[string]any{"ciphertext": mark + base64.StdEncoding.EncodeToString(v.sealer.Seal(nil, nil, plain, bound))}})
	}
}

func tell(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	json.MarshalWrite(w, answer)
}

// secrets has the references of a copy be answered by a stand-in, unless only the
// server itself has what the gate can be started with.
func (c *copied) secrets(s *config.Vault, t *test, f *fault) {
	if t.realVault {
		return
	}
	if c.vault == nil {
		v, w := newVault(t.secrets.fields), well
		if f != nil && f.part == partSecrets {
			w = f.way
		}
		c.vault = c.lever(w, v)
		if w == emptied {
			c.breaks = func() { v.emptied.Store(true) }
		}
	}
	c.become(s, c.vault)
}

// become has the settings of a server lead to a stand-in, which nothing of value
// is told: the way to log in stays, and what it is done with is made up.
func (c *copied) become(s *config.Vault, l *lever) {
	if l == nil {
		return
	}
	s.Address, s.CA, s.Namespace, s.Timeout = l.url(""), "", "", min(s.Timeout, waits)
	switch {
	case s.AppRole != nil:
		s.AppRole = &config.AppRole{Place: s.AppRole.Place, RoleID: "selftest", SecretID: standInToken, Mount: s.AppRole.Mount}
	case s.Kubernetes != nil:
		s.Kubernetes = &config.KubernetesLogin{Place: s.Kubernetes.Place, Role: "selftest", TokenFile: c.file(well, "vault-token", []byte("selftest")), Mount: s.Kubernetes.Mount}
	default:
		s.Token = standInToken
	}
}
