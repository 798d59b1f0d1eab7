package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// tokenRules are the flags of verify.
type tokenRules struct {
	jwks, secret string
	issuer       string
	audience     []string
	algorithms   []string
	types        []string
	require      []string
	trustDomain  string
	skew, life   span
	at           moment
	maxBytes     size
}

func newTokenVerify(w *world) *cobra.Command {
	r := tokenRules{skew: span(jose.DefaultSkew), life: span(jose.DefaultLifetime), maxBytes: jose.DefaultBytes}
	cmd := &cobra.Command{
		Use:   "verify --jwks FILE --issuer ISSUER --audience NAME TOKEN",
		Short: "Verify a token as the gate does, and say what each check found",
		Long: `Verifies a token with the code of the gate, and says of each check whether it
passed or failed. Checks go on behind one that fails, where they can; the gate
stops there. Keys are read from a file: nothing is fetched.

Exit status: 0 when the token is accepted, 1 when it is refused, 2 when the
command line is wrong or a file that it names cannot be read.`,
		Example: `  gatehouse token verify --jwks keys.json --issuer https://id.example.com --audience https://api.example.com -
  gatehouse token verify --jwks keys.json --issuer https://id.example.com --audience shop --typ JWT --at 2027-01-31T12:00:00Z "$TOKEN"`,
		Args: oneToken,
		RunE: func(_ *cobra.Command, args []string) error {
			return w.verifyToken(&r, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.jwks, "jwks", "", "`FILE` with the keys: a JWK Set, or public keys as PEM")
	f.StringVar(&r.secret, "secret-file", "", "`FILE` with the secret, for --alg HS256, HS384 and HS512")
	f.StringVar(&r.issuer, "issuer", "", "`ISSUER` that iss must be")
	f.StringArrayVar(&r.audience, "audience", nil, "`NAME` that aud must hold; of several, one")
	f.StringSliceVar(&r.algorithms, "alg", nil, "`ALGORITHMS` that are accepted, by commas (default "+join(jose.DefaultAlgorithms())+")")
	f.StringSliceVar(&r.types, "typ", nil, "`TYPES` that are accepted, by commas; absent is a token that does not say (default "+jose.AccessToken+")")
	f.StringArrayVar(&r.require, "require", nil, "`CLAIM=VALUE` that the token must have; of several values of a claim, one")
	f.StringVar(&r.trustDomain, "trust-domain", "", "`DOMAIN` that the subject must be a SPIFFE ID of")
	f.Var(&r.at, "at", "the time to judge for (default now)")
	f.Var(&r.skew, "clock-skew", "by how much clocks may differ")
	f.Var(&r.life, "max-lifetime", "how long a token may live, from iat to exp")
	f.Var(&r.maxBytes, "max-bytes", "how large a token may be")
	return cmd
}

func join(list []jose.Algorithm) string {
	var names []string
	for _, a := range list {
		names = append(names, string(a))
	}
	return strings.Join(names, ",")
}

// verifier returns what judges, and the keys.
func (r *tokenRules) verifier(w *world) (*jose.Verifier, *jose.Set, error) {
	switch {
	case r.issuer == "":
		return nil, nil, &usageError{"--issuer: is missing", "write --issuer and what iss of the tokens must be"}
	case len(r.audience) == 0:
		return nil, nil, &usageError{"--audience: is missing", "write --audience and what aud of the tokens must hold"}
	case (r.jwks == "") == (r.secret == ""):
		return nil, nil, &usageError{"the keys are missing, or said twice", "write --jwks FILE, or --secret-file FILE for HS256"}
	}
	rules := jose.Rules{Issuer: r.issuer, Audience: r.audience, Algorithms: algorithms(r.algorithms), Types: r.types, TrustDomain: r.trustDomain,
		Require: map[string][]string{}, Skew: time.Duration(r.skew), MaxLifetime: time.Duration(r.life), MaxBytes: int(r.maxBytes)}
	if r.skew == 0 {
		rules.Skew = -1 // which means none
	}
	for _, one := range r.require {
		claim, value, ok := strings.Cut(one, "=")
		if !ok {
			return nil, nil, &usageError{"--require: " + one + " is not CLAIM=VALUE", "write it like --require email_verified=true"}
		}
		rules.Require[claim] = append(rules.Require[claim], value)
	}
	v, err := jose.New(rules)
	if err != nil {
		return nil, nil, &usageError{strings.ReplaceAll(err.Error(), "\n", "; "), "gatehouse token verify --help lists the flags"}
	}
	keys, err := r.readKeys(w, v.Symmetric())
	return v, keys, err
}

func (r *tokenRules) readKeys(w *world, secret bool) (*jose.Set, error) {
	flag, path := "jwks", r.jwks
	if r.secret != "" {
		flag, path = "secret-file", r.secret
	}
	text, err := argumentFile(flag, path)
	if err != nil {
		return nil, err
	}
	var set *jose.Set
	var notes []string
	switch {
	case r.secret != "" && !secret:
		return nil, &usageError{"--secret-file: the algorithms are those of public keys", "write --alg HS256"}
	case r.secret != "":
		set, err = jose.SecretSet("", bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")))
	case secret:
		set, notes, err = jose.ReadSecretSet(text)
	case bytes.Contains(text, []byte("-----BEGIN")):
		set, notes, err = jose.ReadPEM(text)
	default:
		set, notes, err = jose.ReadSet(text)
	}
	for _, note := range notes {
		w.complain("--"+flag+": "+path+": "+note, "")
	}
	if err != nil {
		return nil, &usageError{"--" + flag + ": " + path + ": " + err.Error(), "name a file with keys that verify signatures"}
	}
	return set, nil
}

func (w *world) verifyToken(r *tokenRules, arg string) error {
	v, keys, err := r.verifier(w)
	if err != nil {
		return err
	}
	raw, err := w.token(arg)
	if err != nil {
		return err
	}
	_, steps, why := v.Explain(raw, keys, r.at.orNow().Unix(), nil)
	p := w.paint(w.stdout)
	words := map[jose.Outcome]string{jose.NotMade: "not made", jose.Passed: p.green("passed"), jose.Failed: p.red("failed")}
	var rows [][]string
	because := ""
	for _, s := range steps {
		if why != nil && s.Check == why.Check {
			because = shown(s.Text)
		}
		rows = append(rows, []string{string(s.Check), words[s.Outcome], strings.ReplaceAll(shown(s.Text), "\n", `\n`)})
	}
	fmt.Fprint(w.stdout, table(rows))
	if why != nil {
		fmt.Fprintf(w.stdout, "%s by %s: %s\n", p.red("refused"), why.Check, because)
		return errReported
	}
	fmt.Fprintln(w.stdout, p.green("accepted"))
	return nil
}
