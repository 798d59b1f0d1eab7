package jose

import (
	"slices"
	"strings"
	"testing"
)

// FuzzToken looks for tokens that are accepted and were not signed, and for
// explanations that say something else than the judgement.
func FuzzToken(f *testing.F) {
	good := sign(goodHeader, goodClaims)
	signed := map[string]bool{} // what the fuzzer did not make up
	add := func(token string) {
		f.Add(token)
		if dot := strings.LastIndexByte(token, '.'); dot > 0 {
			signed[token[:dot]] = true
		}
	}
	add(good)
	for _, h := range hostileTokens() {
		if len(h.token) < 2<<10 {
			add(h.token)
		}
	}
	v, set := verifier(f, func(r *Rules) { r.Types = []string{AccessToken, "jwt", Absent} }), publicSet(f)
	f.Fuzz(func(t *testing.T, token string) {
		_, why := judge(v, token, set)
		if why == nil && !signed[token[:strings.LastIndexByte(token, '.')]] {
			t.Errorf("accepted: %q", token)
		}
		_, list, first := v.Explain([]byte(token), set, now, nil)
		if first != why || len(list) != len(steps)+len(eachTime) {
			t.Errorf("explained as %v in %d steps, judged as %v", first, len(list), why)
		}
		if header, _, err := Decode([]byte(token)); err == nil && header[0] != '{' && !strings.Contains(" \t\r\n", string(header[0])) {
			t.Errorf("decoded: %q", header)
		}
	})
}

// FuzzSet looks for key sets that are read and hold keys that nobody may use.
func FuzzSet(f *testing.F) {
	w := keys()
	f.Add(`{"keys":[` + jwk(f, &w.ec.PublicKey, `,"kid":"a","use":"sig"`) + `,` + jwk(f, &w.rsa.PublicKey, `,"alg":"PS256"`) + `]}`)
	f.Add(jwk(f, w.ed.Public(), ""))
	f.Add(`{"keys":[{"kty":"oct","k":"` + strings.Repeat("A", 43) + `"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func([]byte) (*Set, []string, error){ReadSet, ReadSecretSet} {
			set, _, err := read([]byte(text))
			if err != nil {
				continue
			}
			for _, k := range set.keys {
				if (k.family == macFamily) != set.secret || len(k.ID) > maxKeyID || k.Kind() == "" || k.Algorithm == "none" {
					t.Errorf("%+v", k)
				}
			}
			if !set.Equal(set.Adopt(set)) {
				t.Error("a set is not itself")
			}
		}
	})
}

// FuzzClaims looks for claims that are signed as they should be, and accepted
// though they are another issuer's, another API's or another time's, or of
// nobody.
func FuzzClaims(f *testing.F) {
	workload := strings.Replace(goodClaims, `"alice"`, `"spiffe://prod.example/a"`, 1)
	f.Add(goodClaims)
	f.Add(workload)
	f.Add(with("aud", `["x","shop"]`))
	f.Add(with("exp", `1.8000006e9`))
	f.Add(with("nbf", `1e400`))
	f.Add(strings.Replace(workload, "/a", "/a/../b", 1))
	people, set := verifier(f, nil), publicSet(f)
	workloads := verifier(f, func(r *Rules) { r.TrustDomain = "prod.example" })
	f.Fuzz(func(t *testing.T, claims string) {
		token := sign(goodHeader, claims)
		for _, v := range []*Verifier{people, workloads} {
			got, why := judge(v, token, set)
			if why != nil {
				continue
			}
			if got.Issuer != "https://id.example.com" || got.Subject == "" || got.Expires <= now-60 || got.Issued > now+60 ||
				!slices.Contains(got.Audience, "shop") || got.Text("jti") == "" {
				t.Errorf("accepted: %q", claims)
			}
			if v == workloads && (!strings.HasPrefix(got.Subject, "spiffe://prod.example/") || strings.Contains(got.Subject, "/../") || strings.ContainsAny(got.Subject, "?#%@ ")) {
				t.Errorf("a workload: %q", got.Subject)
			}
		}
	})
}

// FuzzKeyFiles looks for files of keys that are read and hold keys that nobody
// may use, or that make the reader stumble.
func FuzzKeyFiles(f *testing.F) {
	f.Add(publicPEM())
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte(`{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if set, _, err := ReadPEM(text); err == nil {
			for _, k := range set.keys {
				if k.family == noFamily || k.family == macFamily {
					t.Errorf("%+v", k)
				}
			}
		}
		if _, algorithm, key, err := ReadPrivate(text); err == nil && (key == nil || algorithm != "" && algorithm.known() != nil) {
			t.Errorf("%q %T", algorithm, key)
		}
	})
}
