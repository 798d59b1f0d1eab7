package jose

import "testing"

// TestStatements: only where rules say so a token needs no subject and no end,
// and then it is good for a bounded time from when it was issued.
func TestStatements(t *testing.T) {
	const life = 60 * 1e9
	set := publicSet(t)
	without := func(names ...string) string {
		claims, err := ReadObject([]byte(goodClaims))
		if err != nil {
			t.Fatal(err)
		}
		text := `{"iss":"` + claims["iss"].(string) + `","aud":"shop","client_id":"c","jti":"j"`
		for name, value := range map[string]string{"sub": `"alice"`, "iat": "1800000000", "exp": "1800000030"} {
			left := false
			for _, n := range names {
				left = left || n == name
			}
			if !left {
				text += `,"` + name + `":` + value
			}
		}
		return sign(goodHeader, text+"}")
	}
	for _, row := range []struct {
		name, token        string
		statement, endless bool
		at                 int64
		want               Check
	}{
		{"no-subject", without("sub"), true, false, 1800000000, ""},
		{"no-subject-of-a-credential", without("sub"), false, false, 1800000000, CheckSubject},
		{"no-end", without("exp"), true, true, 1800000000, ""},
		{"no-end-at-its-end", without("exp"), true, true, 1800000059, ""},
		{"no-end-and-old", without("exp"), true, true, 1800000060, CheckExpiry},
		{"no-end-of-a-statement-that-needs-one", without("exp"), true, false, 1800000000, CheckClaims},
		{"no-end-of-a-credential", without("exp"), false, false, 1800000000, CheckClaims},
		{"neither-end-nor-issue", without("exp", "iat"), true, true, 1800000000, CheckClaims},
		{"an-end-counts", without(), true, true, 1800000030, CheckExpiry},
	} {
		v := verifier(t, func(r *Rules) {
			r.Statement, r.Endless, r.MaxLifetime, r.Skew, r.Audience = row.statement, row.endless, life, -1, []string{"shop"}
			r.Types = []string{AccessToken}
		})
		token, why := v.Verify([]byte(row.token), set, row.at)
		if why == nil {
			why = v.Holds(token, row.at, nil)
		}
		if got := (&Failure{}); why == nil {
			why = got
		}
		if why.Check != row.want {
			t.Errorf("%s: %v, want %q", row.name, why, row.want)
		}
	}
	if _, err := New(Rules{Issuer: "i", Endless: true}); err == nil {
		t.Error("credentials without an end")
	}
}
