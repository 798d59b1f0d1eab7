package jose

import (
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
