package introspection

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// assertionLife is how long what the gate signs of itself is good: for one
// question, and clocks that differ a little.
const assertionLife = time.Minute

// clientAssertion is the type of assertions of clients (RFC 7523 section 2.2).
const clientAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// checkClient says what is wrong with how the gate is known at the server.
func (o *Options) checkClient() error {
	switch {
	case o.ClientKey == nil:
		return nil
	case o.ClientKey.Algorithm().Symmetric():
		return errors.New("the key of the client is a secret, and not the private half of a pair")
	case o.ClientSecret != "":
		return errors.New("the client has both a secret and a key")
	case o.ClientID == "" || o.ClientAudience == "":
		return errors.New("what the client signs names nobody, or is for nobody")
	}
	return nil
}

// form is what the server is asked, with who asks where that stands in it.
func (v *Verifier) form(token string, now time.Time) (url.Values, error) {
	o := &v.options
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}} // RFC 7662 section 2.1
	switch {
	case o.ClientKey != nil: // private_key_jwt (OpenID Connect Core section 9)
		assertion, err := o.assertion(now)
		if err != nil {
			return nil, err
		}
		form.Set("client_assertion_type", clientAssertion)
		form.Set("client_assertion", assertion)
	case o.ClientSecret == "" && o.ClientID != "": // tls_client_auth (RFC 8705 section 2)
		form.Set("client_id", o.ClientID)
	}
	return form, nil
}

// introduce says in the head who asks, where the form does not.
func (v *Verifier) introduce(r *http.Request) {
	if v.options.ClientSecret != "" { // client_secret_basic (RFC 6749 section 2.3.1)
		r.SetBasicAuth(url.QueryEscape(v.options.ClientID), url.QueryEscape(v.options.ClientSecret))
	}
}

// assertion is RFC 7523 section 3, made anew for each question: one that somebody
// keeps is of no use to him.
func (o *Options) assertion(now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iss": o.ClientID, "sub": o.ClientID, "aud": o.ClientAudience, // one text: a list could name others
		"jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	return o.ClientKey.Sign("JWT", claims)
}

// ReadClientKey reads a private key, PEM or a JWK, to sign with. "" for id and
// algorithm take what a JWK says, else the thumbprint of the key (RFC 7638) and
// the usual algorithm of its kind. The error holds nothing of text.
func ReadClientKey(text []byte, id, algorithm string) (*jose.Signer, error) {
	says, by, key, err := jose.ReadPrivate(text)
	if err != nil {
		return nil, err
	}
	if id == "" {
		id = says
	}
	if algorithm != "" {
		by = jose.Algorithm(algorithm)
	}
	s, err := jose.NewSigner(id, by, key)
	if err == nil && id == "" {
		s, err = jose.NewSigner(s.Thumbprint(), by, key)
	}
	return s, err
}
