package jose

import (
	"math"
	"slices"
	"strings"
)

// Token is a token that was judged. It is immutable, but for whoever forgets
// its Claims.
type Token struct {
	Header
	Key      *Key // that verified it
	Issuer   string
	Subject  string
	Audience []string
	// Seconds since 1970; Issued and NotBefore are 0 when it does not say.
	Expires, NotBefore, Issued int64
	// Claims are all of them: strings, int64, float64, bool, nil, []any and
	// map[string]any.
	Claims map[string]any
}

// Text returns the text of a claim, "" when it has none.
func (t *Token) Text(claim string) string {
	s, _ := t.Claims[claim].(string)
	return s
}

// Find returns the claim at a path: names joined by dots, as in
// "realm_access.roles". A name that itself holds dots is found as well, the
// longest first: "kubernetes.io.namespace". nil when there is none.
func (t *Token) Find(path string) any { return find(t.Claims, path) }

func find(object map[string]any, path string) any {
	if v, ok := object[path]; ok {
		return v
	}
	for dot := strings.LastIndexByte(path, '.'); dot > 0; dot = strings.LastIndexByte(path[:dot], '.') {
		if inner, ok := object[path[:dot]].(map[string]any); ok {
			return find(inner, path[dot+1:])
		}
	}
	return nil
}

func (s *state) claims() *Failure {
	object, err := ReadObject(s.text[1])
	if err != nil {
		return claimsJSON
	}
	t := s.token
	t.Claims = object
	for _, name := range [...]string{"iss", "sub", "jti", "client_id", "azp"} {
		if v, ok := object[name]; ok {
			if _, isText := v.(string); !isText {
				return claimsText
			}
		}
	}
	t.Issuer, t.Subject = t.Text("iss"), t.Text("sub")
	_, ends := object["exp"]
	if !ends && !s.v.rules.Endless {
		return claimsExp
	}
	// A fraction is taken so that the token lives shorter.
	for _, d := range [...]struct {
		name  string
		to    *int64
		round func(float64) float64
	}{{"exp", &t.Expires, math.Floor}, {"nbf", &t.NotBefore, math.Ceil}, {"iat", &t.Issued, math.Floor}} {
		if v, ok := object[d.name]; ok {
			if *d.to, ok = date(v, d.round); !ok {
				return claimsTime
			}
		}
	}
	if !ends {
		if t.Issued == 0 {
			return claimsIat
		}
		t.Expires = t.Issued + s.v.lifetime
	}
	if t.Audience = texts(object["aud"]); len(t.Audience) == 0 {
		return claimsAud
	}
	return nil
}

// maxDate is the last second of the year 9999.
const maxDate = 253402300799

// date reads a NumericDate (RFC 7519 section 2), which may have a fraction.
func date(v any, round func(float64) float64) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, n >= 0 && n <= maxDate
	case float64:
		n = round(n)
		return int64(n), n >= 0 && n <= maxDate
	}
	return 0, false
}

// texts reads a text or a list of texts (RFC 7519 section 4.1.3); nil when it
// is anything else, holds an empty one or is too long.
func texts(v any) []string {
	const most = 100
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		if len(v) > most {
			return nil
		}
		list := make([]string, 0, len(v))
		for _, one := range v {
			text, ok := one.(string)
			if !ok || text == "" {
				return nil
			}
			list = append(list, text)
		}
		return list
	}
	return nil
}

func (s *state) issuer() *Failure {
	if s.token.Issuer != s.v.rules.Issuer { // RFC 8725 section 3.8
		return issuerWrong
	}
	return nil
}

func (s *state) subject() *Failure {
	switch {
	case s.token.Subject == "" && !s.v.rules.Statement:
		return subjectMissing
	case s.v.rules.TrustDomain != "" && !spiffeID(s.token.Subject, s.v.rules.TrustDomain):
		return subjectSPIFFE
	}
	return nil
}

// profile asks of an access token what its type promises (RFC 9068 section 2.2).
func (s *state) profile() *Failure {
	t := s.token
	if s.head.Type == AccessToken && (t.Text("client_id") == "" || t.Issued == 0 || t.Text("jti") == "") {
		return profileMissing
	}
	return nil
}

func (s *state) required() *Failure {
	for claim, values := range s.v.rules.Require {
		if !holds(s.token.Find(claim), values) {
			return requiredMissing
		}
	}
	return nil
}

// holds reports whether a claim is, or as a list holds, one of values.
func holds(claim any, values []string) bool {
	switch c := claim.(type) {
	case string:
		return slices.Contains(values, c)
	case bool:
		return c && slices.Contains(values, "true") || !c && slices.Contains(values, "false")
	case []any:
		return slices.ContainsFunc(c, func(one any) bool {
			text, ok := one.(string)
			return ok && slices.Contains(values, text)
		})
	}
	return false
}

func (s *state) lifetime() *Failure {
	t := s.token
	begin := max(t.Issued, t.NotBefore)
	if begin > t.Expires {
		return lifetimeReverse
	}
	if t.Issued != 0 {
		begin = t.Issued
	} else if begin == 0 {
		begin = s.now // it may end no later than if it were issued now
	}
	if t.Expires-begin > s.v.lifetime {
		return lifetimeLong
	}
	return nil
}
