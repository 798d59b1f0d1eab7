package signals

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const (
	issuer  = "https://id.example"
	logout  = "logout+jwt"
	revoked = caep + "session-revoked"
)

// source gives one set, and another when it is asked for a newer one.
type source struct {
	set, newer *jose.Set
	between    *jose.Set // came before newer, and is not new enough
	failing    bool
	wait       time.Duration
}

func (s *source) Keys() *jose.Set { return s.set }
func (s *source) Newer(_ context.Context, than *jose.Set, _ string) (*jose.Set, time.Duration) {
	if s.between != nil && than != s.between {
		return s.between, 0
	}
	if s.newer != nil {
		return s.newer, 0
	}
	return s.set, s.wait
}
func (s *source) Failing() bool       { return s.failing }
func (s *source) Retry(time.Time) int { return 7 }

var pair = sync.OnceValues(func() (*jose.Signer, *jose.Set) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	signer, err := jose.NewSigner("k", "", key)
	if err != nil {
		panic(err)
	}
	set, err := jose.PublicSet("k", "", key.Public())
	if err != nil {
		panic(err)
	}
	return signer, set
})

func receiver(t testing.TB, change ...func(*Options)) *Receiver {
	t.Helper()
	_, set := pair()
	o := Options{Issuer: issuer, Audience: []string{"gatehouse"}, Lifetime: time.Hour, Keys: &source{set: set}}
	for _, f := range change {
		f(&o)
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type object = map[string]any

// with returns a copy of o with changes; a nil value removes the member.
func with(o, changes object) object {
	o = maps.Clone(o)
	for name, v := range changes {
		if o[name] = v; v == nil {
			delete(o, name)
		}
	}
	return o
}

func logoutClaims() object {
	return object{"iss": issuer, "aud": "gatehouse", "iat": now.Unix(), "exp": now.Unix() + 120, "jti": "1", "sid": "s1", "sub": "alice", "events": object{logoutEvent: object{}}}
}

func eventClaims(events ...string) object {
	of := object{}
	for _, e := range events {
		of[e] = object{}
	}
	return object{"iss": issuer, "aud": []string{"gatehouse"}, "iat": now.Unix(), "jti": "1", "events": of, "sub_id": object{"format": "iss_sub", "iss": issuer, "sub": "alice"}}
}

func sign(t testing.TB, typ string, claims object) []byte {
	t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signer, _ := pair()
	raw, err := signer.Sign(typ, text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(raw)
}

// shown writes down what is revoked: kind, value, moment and end in seconds from now.
func shown(n *Notice) string {
	var list []string
	for _, r := range n.Revocations {
		end := "never"
		if !r.Expires.IsZero() {
			end = fmt.Sprint(int(r.Expires.Sub(now).Seconds()))
		}
		if r.Issuer != issuer {
			end += " of " + r.Issuer
		}
		list = append(list, fmt.Sprintf("%s %s %d %s", r.Kind, r.Value, int(r.At.Sub(now).Seconds()), end))
	}
	return strings.Join(list, ", ")
}

// judge is a good token of a kind with changes, judged by a new receiver.
func judge(t *testing.T, typ string, changes object, options ...func(*Options)) (string, *Failure) {
	t.Helper()
	r := receiver(t, options...)
	hear, claims := r.Logout, logoutClaims()
	if typ == eventType {
		hear, claims = r.Events, eventClaims(revoked)
	}
	n, why := hear(t.Context(), sign(t, typ, with(claims, changes)), now)
	if why != nil {
		return "", why
	}
	return shown(n), nil
}

func TestLogout(t *testing.T) {
	everything := func(o *Options) { o.Everything = true }
	for _, row := range []struct {
		name    string
		changes object
		options []func(*Options)
		want    string
	}{
		{"session", object{}, nil, "session s1 0 3660"},
		{"session-alone", object{"sub": nil}, nil, "session s1 0 3660"},
		{"session-a-minute-ago", object{"iat": now.Unix() - 60}, nil, "session s1 0 3660"},
		{"subject", object{"sid": nil}, nil, "subject alice 0 3660"},
		{"subject-a-minute-ago", object{"sid": nil, "iat": now.Unix() - 60}, nil, "subject alice -60 3660"},
		{"subject-by-a-clock-ahead", object{"sid": nil, "iat": now.Unix() + 20}, nil, "subject alice 20 3680"},
		{"both", object{}, []func(*Options){everything}, "session s1 0 3660, subject alice 0 3660"},
		{"further-claims", object{"x": 1, "events": object{logoutEvent: object{"y": 1}, "other": object{}}}, nil, "session s1 0 3660"},
		{"several-audiences", object{"aud": []string{"x", "gatehouse"}}, nil, "session s1 0 3660"},
	} {
		if got, why := judge(t, logout, row.changes, row.options...); why != nil || got != row.want {
			t.Errorf("%s: %q %v, want %q", row.name, got, why, row.want)
		}
	}
}

func TestEvents(t *testing.T) {
	who := func(format string, members object) object {
		return with(members, object{"format": format})
	}
	user, part := who("iss_sub", object{"iss": issuer, "sub": "alice"}), who("opaque", object{"id": "s1"})
	said := func(event string, payload object) object { return object{event: payload} }
	for _, row := range []struct {
		name    string
		changes object
		want    string
	}{
		{"iss-sub", object{}, "subject alice 0 3660"},
		{"opaque", object{"sub_id": who("opaque", object{"id": "bob"})}, "subject bob 0 3660"},
		{"one-token", object{"sub_id": who("jwt_id", object{"iss": issuer, "jti": "t9"})}, "token t9 0 3660"},
		{"session-of-a-user", object{"sub_id": who("complex", object{"user": user, "session": part})}, "session s1 0 3660"},
		{"user-with-a-device", object{"sub_id": who("complex", object{"user": user, "device": part})}, "subject alice 0 3660"},
		{"session-is-no-account", object{"events": said(risc+"account-disabled", object{}), "sub_id": who("complex", object{"user": user, "session": part})}, "subject alice 0 never"},
		{"disabled", object{"events": said(risc+"account-disabled", object{"reason": "hijacking"})}, "subject alice 0 never"},
		{"purged", object{"events": said(risc+"account-purged", object{})}, "subject alice 0 never"},
		{"sessions", object{"events": said(risc+"sessions-revoked", object{})}, "subject alice 0 3660"},
		{"claims", object{"events": said(caep+"token-claims-change", object{"claims": object{"role": "x"}})}, "subject alice 0 3660"},
		{"password", object{"events": said(caep+"credential-change", object{"change_type": "update"})}, "subject alice 0 3660"},
		{"credential-change-that-does-not-say", object{"events": said(caep+"credential-change", object{})}, "subject alice 0 3660"},
		{"new-passkey", object{"events": said(caep+"credential-change", object{"change_type": "create"})}, ""},
		{"less-assurance", object{"events": said(caep+"assurance-level-change", object{"change_direction": "decrease"})}, "subject alice 0 3660"},
		{"more-assurance", object{"events": said(caep+"assurance-level-change", object{"change_direction": "increase"})}, ""},
		{"assurance-that-does-not-say", object{"events": said(caep+"assurance-level-change", object{})}, "subject alice 0 3660"},
		{"verification", object{"events": said("https://schemas.openid.net/secevent/ssf/event-type/verification", object{"state": "x"}), "sub_id": who("opaque", object{"id": "stream"})}, ""},
		{"unknown", object{"events": said("https://example.com/other", object{}), "sub_id": who("email", object{"email": "a@b"})}, ""},
		{"late", object{"iat": now.Unix() - 86400}, "subject alice -86400 3660"},
		{"with-exp", object{"exp": now.Unix() + 60}, "subject alice 0 3660"},
	} {
		if got, why := judge(t, eventType, row.changes); why != nil || got != row.want {
			t.Errorf("%s: %q %v, want %q", row.name, got, why, row.want)
		}
	}
}

// TestHostile: what is not for the gate, not of the issuer, or not what it says
// takes nothing back.
func TestHostile(t *testing.T) {
	long, at := strings.Repeat("x", maxName+1), now.Unix()
	many := object{}
	for i := range maxEvents + 1 {
		many[strconv.Itoa(i)] = object{}
	}
	id := func(members object) object { return object{"sub_id": members} }
	for _, row := range []struct {
		name    string
		typ     string
		changes object
		want    Code
		text    string
	}{
		{"access-token", jose.AccessToken, object{}, InvalidRequest, "type"},
		{"identity-token", "JWT", object{}, InvalidRequest, "type"},
		{"event-as-logout", "secevent+jwt ", object{}, InvalidRequest, "type"},
		{"no-type", jose.Absent, object{}, InvalidRequest, "type"},
		{"other-issuer", logout, object{"iss": "https://evil.example"}, InvalidIssuer, "issuer"},
		{"issuer-with-slash", logout, object{"iss": issuer + "/"}, InvalidIssuer, "issuer"},
		{"no-issuer", logout, object{"iss": nil}, InvalidIssuer, "issuer"},
		{"other-audience", logout, object{"aud": "shop"}, InvalidAudience, "not for"},
		{"no-audience", logout, object{"aud": nil}, InvalidRequest, "aud"},
		{"audience-number", logout, object{"aud": 1}, InvalidRequest, "aud"},
		{"no-iat", logout, object{"iat": nil}, InvalidRequest, "iat"},
		{"iat-text", logout, object{"iat": "now"}, InvalidRequest, "iat"},
		{"of-the-future", logout, object{"iat": at + 3600, "exp": at + 3700}, InvalidRequest, "not valid yet"},
		{"no-exp", logout, object{"exp": nil}, InvalidRequest, "exp"},
		{"expired", logout, object{"iat": at - 300, "exp": at - 100}, InvalidRequest, "expired"},
		{"lives-for-ever", logout, object{"exp": at + 86400}, InvalidRequest, "longer"},
		{"no-jti", logout, object{"jti": nil}, InvalidRequest, "jti"},
		{"jti-empty", logout, object{"jti": ""}, InvalidRequest, "jti"},
		{"jti-number", logout, object{"jti": 1}, InvalidRequest, "jti"},
		{"jti-long", logout, object{"jti": long}, InvalidRequest, "jti"},
		{"nonce", logout, object{"nonce": "n"}, InvalidRequest, "nonce"},
		{"nonce-false", logout, object{"nonce": false}, InvalidRequest, "nonce"},
		{"no-events", logout, object{"events": nil}, InvalidRequest, "events"},
		{"events-list", logout, object{"events": []string{logoutEvent}}, InvalidRequest, "events"},
		{"events-empty", logout, object{"events": object{}}, InvalidRequest, "events"},
		{"events-many", logout, object{"events": many}, InvalidRequest, "events"},
		{"event-no-object", logout, object{"events": object{logoutEvent: true}}, InvalidRequest, "events"},
		{"event-of-https", logout, object{"events": object{"https" + logoutEvent[4:]: object{}}}, InvalidRequest, "logout"},
		{"nobody", logout, object{"sid": nil, "sub": nil}, InvalidRequest, "sid"},
		{"sid-empty", logout, object{"sid": ""}, InvalidRequest, "sid"},
		{"sid-list", logout, object{"sid": []string{"s1"}}, InvalidRequest, "sid"},
		{"sid-long", logout, object{"sid": long}, InvalidRequest, "sid"},
		{"sub-number", logout, object{"sid": nil, "sub": 7}, InvalidRequest, "sub"},
		{"large", logout, object{"x": strings.Repeat("x", MaxBytes)}, InvalidRequest, "larger"},

		{"set-without-iat", eventType, object{"iat": nil}, InvalidRequest, "iat"},
		{"set-of-last-month", eventType, object{"iat": at - 30*86400}, InvalidRequest, "expired"},
		{"set-expired", eventType, object{"iat": at - 300, "exp": at - 200}, InvalidRequest, "expired"},
		{"set-without-jti", eventType, object{"jti": nil}, InvalidRequest, "jti"},
		{"set-of-other-issuer", eventType, object{"iss": "x"}, InvalidIssuer, "issuer"},
		{"set-for-others", eventType, object{"aud": "x"}, InvalidAudience, "not for"},
		{"set-without-events", eventType, object{"events": nil}, InvalidRequest, "events"},
		{"set-of-a-text", eventType, object{"events": object{revoked: "x"}}, InvalidRequest, "events"},
		{"subject-missing", eventType, id(nil), InvalidRequest, "sub_id"},
		{"subject-only-in-sub", eventType, object{"sub_id": nil, "sub": "alice"}, InvalidRequest, "sub_id"},
		{"subject-without-format", eventType, id(object{"iss": issuer, "sub": "alice"}), InvalidRequest, "sub_id"},
		{"subject-of-another-issuer", eventType, id(object{"format": "iss_sub", "iss": "x", "sub": "alice"}), InvalidRequest, "another issuer"},
		{"subject-without-issuer", eventType, id(object{"format": "iss_sub", "sub": "alice"}), InvalidRequest, "sub_id"},
		{"token-of-another-issuer", eventType, id(object{"format": "jwt_id", "iss": "x", "jti": "1"}), InvalidRequest, "another issuer"},
		{"subject-empty", eventType, id(object{"format": "opaque", "id": ""}), InvalidRequest, "sub_id"},
		{"subject-number", eventType, id(object{"format": "opaque", "id": 1}), InvalidRequest, "sub_id"},
		{"subject-long", eventType, id(object{"format": "opaque", "id": long}), InvalidRequest, "sub_id"},
		{"subject-email", eventType, id(object{"format": "email", "email": "a@b.example"}), InvalidRequest, "sub_id"},
		{"complex-of-a-device", eventType, id(object{"format": "complex", "device": object{"format": "opaque", "id": "d"}}), InvalidRequest, "sub_id"},
		{"complex-of-complex", eventType, id(object{"format": "complex", "user": object{"format": "complex", "user": object{}}}), InvalidRequest, "sub_id"},
		{"complex-of-a-strange-session", eventType, id(object{"format": "complex", "session": object{"format": "iss_sub", "iss": "x", "sub": "s"}}), InvalidRequest, "another issuer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, why := judge(t, row.typ, row.changes)
			if why == nil {
				t.Fatalf("accepted: %s", got)
			}
			if why.Code != row.want || !strings.Contains(why.Text, row.text) || strings.Contains(why.Text, "alice") {
				t.Errorf("%v, want %s with %q", why, row.want, row.text)
			}
		})
	}
	_, why := receiver(t).Logout(t.Context(), slices.Concat(sign(t, logout, logoutClaims())[:200], []byte("AAAA")), now)
	if why == nil || why.Code == InvalidAudience {
		t.Errorf("cut: %v", why)
	}
	if _, why := receiver(t).Events(t.Context(), sign(t, logout, logoutClaims()), now); why == nil {
		t.Error("a logout token is no event")
	}
	if _, why := receiver(t).Logout(t.Context(), sign(t, eventType, with(eventClaims(logoutEvent), object{"sub": "alice", "exp": at + 60})), now); why == nil {
		t.Error("an event is no logout token")
	}
	if got, why := judge(t, jose.Absent, object{}, func(o *Options) { o.Untyped = true }); why != nil || got == "" {
		t.Errorf("without a type, by choice: %v", why)
	}
}
