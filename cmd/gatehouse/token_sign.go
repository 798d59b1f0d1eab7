package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// tokenClaims are the flags of sign.
type tokenClaims struct {
	key, secret, kid, algorithm, typ string
	issuer, subject, client, scope   string
	audience, more                   []string
	life                             span
	at                               moment
}

func newTokenSign(w *world) *cobra.Command {
	c := tokenClaims{typ: jose.AccessToken, life: span(10 * time.Minute)}
	cmd := &cobra.Command{
		Use:   "sign --key FILE --issuer ISSUER --subject NAME --audience NAME",
		Short: "Make a token to test with",
		Long: `Signs a token with a private key: PEM, or a JWK. What flags do not say is what an
access token has (RFC 9068): iat is now, exp ten minutes later, jti is random,
client_id is the subject. A claim that is said by --claim counts before all that,
and is left out where its value is null.`,
		Example: `  gatehouse token keys --private signer.pem >keys.json
  gatehouse token sign --key signer.pem --issuer https://id.example.com --subject alice --audience shop --scope "orders:read orders:write"
  gatehouse token sign --key signer.pem --issuer https://id.example.com --subject alice --audience shop --claim 'roles=["clerk"]' --claim tenant=acme`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return w.sign(&c) },
	}
	f := cmd.Flags()
	f.StringVar(&c.key, "key", "", "`FILE` with the private key")
	f.StringVar(&c.secret, "secret-file", "", "`FILE` with a secret, for HS256, HS384 and HS512")
	f.StringVar(&c.kid, "kid", "", "`ID` of the key (default what a JWK says, else its thumbprint)")
	f.StringVar(&c.algorithm, "alg", "", "`ALGORITHM` (default what a JWK says, else the usual one of the key)")
	f.StringVar(&c.typ, "typ", c.typ, "`TYPE` of the token; absent leaves it out")
	f.StringVar(&c.issuer, "issuer", "", "`ISSUER`, the claim iss")
	f.StringVar(&c.subject, "subject", "", "`NAME` of the caller, the claim sub")
	f.StringArrayVar(&c.audience, "audience", nil, "`NAME` of whom it is for, the claim aud; may stand several times")
	f.StringVar(&c.client, "client", "", "`ID` of the client (default the subject)")
	f.StringVar(&c.scope, "scope", "", "`SCOPES`, separated by spaces")
	f.StringArrayVar(&c.more, "claim", nil, "`NAME=VALUE` of a claim, JSON or text; may stand several times")
	f.Var(&c.life, "lifetime", "from iat to exp")
	f.Var(&c.at, "at", "the time that it is made at (default now)")
	return cmd
}

func (w *world) sign(c *tokenClaims) error {
	signer, err := c.signer()
	if err != nil {
		return err
	}
	claims, err := c.claims(c.at.orNow())
	if err != nil {
		return err
	}
	token, err := signer.Sign(c.typ, claims)
	if err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, token)
	return nil
}

func (c *tokenClaims) signer() (*jose.Signer, error) {
	switch {
	case (c.key == "") == (c.secret == ""):
		return nil, &usageError{"the key is missing, or said twice", "write --key FILE; gatehouse token keys makes one"}
	case c.secret != "":
		text, err := argumentFile("secret-file", c.secret)
		if err != nil {
			return nil, err
		}
		return newSigner("secret-file", c.secret, c.kid, jose.Algorithm(c.algorithm), bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
	}
	return readSigner("key", c.key, c.kid, jose.Algorithm(c.algorithm))
}

// readSigner reads a private key that a flag names. An id and an algorithm that
// are said count before those of the file.
func readSigner(flag, path, kid string, algorithm jose.Algorithm) (*jose.Signer, error) {
	text, err := argumentFile(flag, path)
	if err != nil {
		return nil, err
	}
	id, says, key, err := jose.ReadPrivate(text)
	if err != nil {
		return nil, &usageError{"--" + flag + ": " + path + ": " + err.Error(), "name a private key as PEM, or a JWK"}
	}
	if kid == "" {
		kid = id
	}
	if algorithm == "" {
		algorithm = says
	}
	return newSigner(flag, path, kid, algorithm, key)
}

// newSigner names a key that has no name by its thumbprint (RFC 7638).
func newSigner(flag, path, kid string, algorithm jose.Algorithm, key any) (*jose.Signer, error) {
	s, err := jose.NewSigner(kid, algorithm, key)
	if err == nil && kid == "" && s.Thumbprint() != "" {
		s, err = jose.NewSigner(s.Thumbprint(), algorithm, key)
	}
	if err != nil {
		return nil, &usageError{"--" + flag + ": " + path + ": " + err.Error(), "choose an --alg that fits the key"}
	}
	return s, nil
}

// claims are those of the flags as JSON, at a time.
func (c *tokenClaims) claims(now time.Time) ([]byte, error) {
	if c.life <= 0 {
		return nil, &usageError{"--lifetime: must be above zero", "write it like 10m"}
	}
	client := c.client
	if client == "" {
		client = c.subject
	}
	claims := map[string]any{"iat": now.Unix(), "exp": now.Add(time.Duration(c.life)).Unix(), "jti": rand.Text()}
	for name, value := range map[string]string{"iss": c.issuer, "sub": c.subject, "client_id": client, "scope": c.scope} {
		if value != "" {
			claims[name] = value
		}
	}
	switch len(c.audience) {
	case 0:
	case 1:
		claims["aud"] = c.audience[0]
	default:
		claims["aud"] = c.audience
	}
	for _, one := range c.more {
		name, value, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, &usageError{"--claim: " + one + " is not NAME=VALUE", `write it like --claim tenant=acme or --claim 'roles=["clerk"]'`}
		}
		switch text := jsontext.Value(value); {
		case value == "null":
			delete(claims, name)
		case text.IsValid():
			claims[name] = text
		default:
			claims[name] = value
		}
	}
	return json.Marshal(claims, json.Deterministic(true))
}
