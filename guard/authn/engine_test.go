package authn_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

// fake verifies texts by a table.
type fake struct {
	of    map[string]*gate.Principal
	codes map[string]gate.Code
	body  gate.Code // of VerifyBody
	again gate.Code // of Recheck
	asked int
}

func (f *fake) Verify(_ *gate.Exchange, _ *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	f.asked++
	if c := f.codes[string(raw)]; c != 0 {
		return nil, &gate.Refusal{Code: c, Cause: errors.New("a cause")}
	}
	if p := f.of[string(raw)]; p != nil {
		return p, nil
	}
	if string(raw) == "neither" {
		return nil, nil
	}
	return nil, &gate.Refusal{Code: gate.CredentialInvalid}
}

func (f *fake) Recheck(*gate.Exchange, *gate.Use, *gate.Principal) *gate.Refusal {
	if f.again == 0 {
		return nil
	}
	return &gate.Refusal{Code: f.again}
}

// TellsAuthentication marks it as one of tokens.
func (f *fake) TellsAuthentication() {}

// whole judges the body as well.
type whole struct{ *fake }

func (w whole) VerifyBody(*gate.Exchange, *gate.Use) *gate.Refusal {
	if w.body == 0 {
		return nil
	}
	return &gate.Refusal{Code: w.body}
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func verifiers() (tokens, keys, sessions *fake) {
	person := func(name string, scopes ...string) *gate.Principal {
		return &gate.Principal{ID: "i|" + name, Subject: name, Kind: gate.Person, Scopes: scopes, Credential: "staff"}
	}
	strong := person("alice", "read", "write")
	strong.ACR, strong.AMR, strong.AuthTime = "gold", []string{"otp", "pwd"}, noon.Add(-5*time.Minute)
	short := person("alice", "read", "write")
	short.Expires = noon
	tokens = &fake{
		of:    map[string]*gate.Principal{"alice": person("alice", "read", "write"), "reader": person("alice", "read"), "strong": strong, "short": short},
		codes: map[string]gate.Code{"expired": gate.CredentialExpired, "revoked": gate.CredentialRevoked, "down": gate.CredentialUnverified, "gone": gate.CredentialMissing, "stolen": gate.ProofInvalid},
	}
	keys = &fake{of: map[string]*gate.Principal{
		"shop": {ID: "k|shop", Kind: gate.Program, Roles: []string{"read", "write"}}, "weak": {ID: "k|weak", Kind: gate.Program}, "someone": {ID: "k|bob"},
	}}
	sessions = &fake{of: map[string]*gate.Principal{"a": {ID: "i|alice", Kind: gate.Person, Roles: []string{"read", "write"}}, "b": {ID: "i|bob", Kind: gate.Person, Roles: []string{"read", "write"}}}}
	return tokens, keys, sessions
}

func options() authn.Options {
	tokens, keys, sessions := verifiers()
	return authn.Options{Realm: "shop", Verifiers: map[string]gate.Verifier{"token": tokens, "oauth": tokens, "key": keys, "session": sessions}}
}

func TestEngine(t *testing.T) {
	free := contract.Requirement{}
	scoped := func(scopes ...string) contract.Requirement {
		return contract.Requirement{{Scheme: oauth, Scopes: scopes}}
	}
	const alice, bad = "Authorization: Bearer alice", "Authorization: Bearer nobody"
	rows := []struct {
		name   string
		op     *contract.Operation
		fields []string
		code   gate.Code // 0 for allowed
		who    string    // the principal's id
		n      int       // of principals
	}{
		{"valid", operation(need(oauth)), []string{alice}, 0, "i|alice", 1},
		{"nothing", operation(need(oauth)), nil, gate.CredentialMissing, "", 0},
		{"invalid", operation(need(oauth)), []string{bad}, gate.CredentialInvalid, "", 0},
		{"expired", operation(need(oauth)), []string{"Authorization: Bearer expired"}, gate.CredentialExpired, "", 0},
		{"expires-now", operation(need(oauth)), []string{"Authorization: Bearer short"}, gate.CredentialExpired, "", 0},
		{"revoked", operation(need(oauth)), []string{"Authorization: Bearer revoked"}, gate.CredentialRevoked, "", 0},
		{"provider-down", operation(need(oauth)), []string{"Authorization: Bearer down"}, gate.CredentialUnverified, "", 0},
		{"verifier-finds-none", operation(need(oauth)), []string{"Authorization: Bearer gone"}, gate.CredentialMissing, "", 0},
		{"twice", operation(need(oauth)), []string{alice, alice}, gate.CredentialInvalid, "", 0},
		{"twice-beside-a-valid-key", operation(need(oauth), need(key)), []string{alice, alice, "X-API-Key: shop"}, gate.CredentialInvalid, "", 0},
		{"of-another-scheme", operation(need(oauth)), []string{"Authorization: Basic alice"}, gate.CredentialMissing, "", 0},
		{"no-scope", operation(need(oauth)), []string{"Authorization: Bearer reader"}, gate.ScopeMissing, "", 0},
		{"no-role", operation(need(key)), []string{"X-API-Key: weak"}, gate.RoleMissing, "", 0},
		{"roles", operation(need(key)), []string{"X-API-Key: shop"}, 0, "k|shop", 1},

		{"or-first", operation(need(oauth), need(key)), []string{alice}, 0, "i|alice", 1},
		{"or-second", operation(need(oauth), need(key)), []string{"X-API-Key: shop"}, 0, "k|shop", 1},
		{"or-first-decides", operation(need(key), need(oauth)), []string{bad, "X-API-Key: shop"}, 0, "k|shop", 1},
		{"or-bad-is-not-made-up-for", operation(need(oauth), need(key)), []string{bad, "X-API-Key: shop"}, gate.CredentialInvalid, "", 0},
		{"or-down-is-not-made-up-for", operation(need(oauth), need(key)), []string{"Authorization: Bearer down", "X-API-Key: shop"}, gate.CredentialUnverified, "", 0},
		{"or-other-scopes-of-one-token", operation(scoped("admin"), scoped("read")), []string{"Authorization: Bearer reader"}, 0, "i|alice", 1},
		{"or-scopes-fall-to-a-key", operation(scoped("admin"), need(key)), []string{alice, "X-API-Key: shop"}, 0, "k|shop", 1},
		{"or-first-lack-is-told", operation(scoped("admin"), need(key)), []string{alice, "X-API-Key: weak"}, gate.ScopeMissing, "", 0},

		{"and", operation(need(oauth, key)), []string{alice, "X-API-Key: shop"}, 0, "i|alice", 2},
		{"and-person-comes-first", operation(need(key, oauth)), []string{alice, "X-API-Key: shop"}, 0, "i|alice", 2},
		{"and-one-missing", operation(need(oauth, key)), []string{alice}, gate.CredentialMissing, "", 0},
		{"and-one-bad", operation(need(oauth, key)), []string{alice, "X-API-Key: nothing"}, gate.CredentialInvalid, "", 0},
		{"and-falls-to-a-part", operation(need(oauth, key), need(oauth)), []string{alice}, 0, "i|alice", 1},
		{"and-one-person-twice", operation(need(oauth, session)), []string{alice, "Cookie: sid=a"}, 0, "i|alice", 2},
		{"and-two-persons", operation(need(oauth, session)), []string{alice, "Cookie: sid=b"}, gate.CredentialInvalid, "", 0},
		{"and-unknown-kind-is-a-person", operation(contract.Requirement{{Scheme: oauth}, {Scheme: key}}), []string{alice, "X-API-Key: someone"}, gate.CredentialInvalid, "", 0},
		{"and-roles-of-one-are-not-those-of-the-other", operation(need(oauth, key)), []string{alice, "X-API-Key: weak"}, gate.RoleMissing, "", 0},

		{"optional-nothing", operation(need(oauth), free), nil, 0, "", 0},
		{"optional-valid", operation(need(oauth), free), []string{alice}, 0, "i|alice", 1},
		{"optional-first-in-the-list", operation(free, need(oauth)), []string{alice}, 0, "i|alice", 1},
		{"optional-bad-is-refused", operation(need(oauth), free), []string{bad}, gate.CredentialInvalid, "", 0},
		{"optional-twice-is-refused", operation(need(oauth), free), []string{alice, alice}, gate.CredentialInvalid, "", 0},
		{"optional-without-scope-is-known", operation(scoped("admin"), free), []string{alice}, 0, "i|alice", 1},
		{"optional-two-persons", operation(need(oauth, session), free), []string{alice, "Cookie: sid=b"}, gate.CredentialInvalid, "", 0},
		{"optional-doubt-is-no-absence", operation(need(session), free), []string{"Cookie: a=1,sid=2; x"}, gate.CredentialMissing, "", 0},
		{"doubt-elsewhere", operation(need(session), need(oauth)), []string{"Cookie: a=1,sid=2; x", alice}, 0, "i|alice", 1},

		{"unverified-beside-verified", operation(need(oauth, mtls)), []string{alice}, gate.CredentialMissing, "", 0},
		{"basic-must-only-be-there", operation(need(basic)), []string{"Authorization: Basic YTpi"}, 0, "", 0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			guard, problems := authn.New(r.op, options())
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			x := exchange(r.fields...)
			x.Received = noon
			got := guard.Head(x)
			if (got == gate.Allow) != (r.code == 0) || got == gate.Deny && x.Refusal.Code != r.code {
				t.Fatalf("verdict %d, %v, want %v", got, x.Refusal.Code, r.code)
			}
			who := ""
			if x.Principal != nil {
				who = x.Principal.ID
			}
			if who != r.who || len(x.Principals) != r.n {
				t.Errorf("it is %q of %d, want %q of %d", who, len(x.Principals), r.who, r.n)
			}
			// RFC 9110 section 15.5.2: an answer 401 has at least one challenge.
			if r.code != 0 && r.code.Status() == 401 && len(x.Reply.Fields) == 0 {
				t.Error("no challenge")
			}
		})
	}
}

// TestOneTokenIsVerifiedOnce by an operation that offers it in several entries:
// a proof is good once.
func TestOneTokenIsVerifiedOnce(t *testing.T) {
	o := options()
	scoped := func(s string) contract.Requirement { return contract.Requirement{{Scheme: oauth, Scopes: []string{s}}} }
	guard, _ := authn.New(operation(scoped("a"), scoped("b"), scoped("write")), o)
	if guard.Head(exchange("Authorization: Bearer alice")) != gate.Allow {
		t.Error("denied")
	}
	if n := o.Verifiers["oauth"].(*fake).asked; n != 1 {
		t.Errorf("verified %d times", n)
	}
}
