package authn_test

import (
	"context"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

// deaf is a verifier that is not asked again.
type deaf struct{ of *fake }

func (d *deaf) Verify(x *gate.Exchange, use *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	return d.of.Verify(x, use, raw)
}

// function is a verifier that cannot be compared.
type function func(ctx context.Context) *gate.Principal

func (f function) Verify(x *gate.Exchange, _ *gate.Use, _ []byte) (*gate.Principal, *gate.Refusal) {
	return f(x.Context), nil
}

// TestRecheckByAnotherGuard judges a call that takes long by the guard of a
// configuration that came while it lasted.
func TestRecheckByAnotherGuard(t *testing.T) {
	tokens, keys, sessions := verifiers()
	gone := &fake{again: gate.CredentialInvalid}
	d := &deaf{tokens}
	code := function(func(context.Context) *gate.Principal { return tokens.of["alice"] })
	other := function(func(context.Context) *gate.Principal { return tokens.of["reader"] })
	with := func(token, key gate.Verifier) map[string]gate.Verifier {
		list := map[string]gate.Verifier{"session": sessions}
		for name, v := range map[string]gate.Verifier{"oauth": token, "token": token, "key": key} {
			if v != nil {
				list[name] = v
			}
		}
		return list
	}
	both, either := operation(need(oauth, key)), operation(need(key), need(oauth))
	free := contract.Requirement{}
	stepped := []authn.StepUp{{ACR: []string{"gold"}}}
	gold := []string{"Authorization: Bearer strong"}
	alice, shop := "Authorization: Bearer alice", "X-API-Key: shop"
	for _, row := range []struct {
		name        string
		op          *contract.Operation
		before      map[string]gate.Verifier
		fields      []string
		now         *contract.Operation
		after       map[string]gate.Verifier
		step        []authn.StepUp
		ends        bool
		withoutThem bool // a call that came without credentials
	}{
		{"other-verifiers-that-know-the-caller", both, with(tokens, keys), []string{alice, shop}, both, with(&fake{}, &fake{}), nil, false, false},
		{"one-that-does-not", both, with(tokens, keys), []string{alice, shop}, both, with(&fake{}, gone), nil, true, false},
		{"entries-in-another-order", both, with(tokens, keys), []string{alice, shop}, operation(need(session), need(key, oauth)), with(tokens, keys), nil, false, false},
		{"fewer-are-asked-for", both, with(tokens, keys), []string{alice, shop}, operation(need(key)), with(tokens, keys), nil, false, false},
		{"more-are-asked-for", either, with(tokens, keys), []string{alice}, both, with(tokens, keys), nil, true, false},
		{"another-one-is-asked-for", either, with(tokens, keys), []string{alice}, operation(need(session)), with(tokens, keys), nil, true, false},
		{"a-bad-one-before-a-good-one", both, with(tokens, keys), []string{alice, shop}, either, with(tokens, gone), nil, true, false},
		{"a-good-one-before-a-bad-one", both, with(tokens, keys), []string{alice, shop}, either, with(gone, keys), nil, false, false},
		{"a-scope-that-it-has-not", operation(need(bearer)), with(tokens, keys), []string{"Authorization: Bearer reader"}, operation(need(oauth)), with(tokens, keys), nil, true, false},
		{"a-step-up-that-it-has-not", either, with(tokens, keys), []string{alice}, either, with(tokens, keys), stepped, true, false},
		{"a-step-up-that-it-has", either, with(tokens, keys), gold, either, with(tokens, keys), stepped, false, false},
		{"not-asked-again-and-the-same", either, with(d, keys), []string{alice}, either, with(d, keys), nil, false, false},
		{"not-asked-again-and-another", either, with(d, keys), []string{alice}, either, with(&deaf{tokens}, keys), nil, true, false},
		{"not-asked-again-and-of-another-kind", either, with(d, keys), []string{alice}, either, with(code, keys), nil, true, false},
		{"the-same-function", either, with(code, keys), []string{alice}, either, with(code, keys), nil, false, false},
		{"another-function", either, with(code, keys), []string{alice}, either, with(other, keys), nil, true, false},
		{"nobody-verifies-any-more", either, with(tokens, keys), []string{alice}, either, with(nil, nil), nil, false, false},
		{"somebody-verifies-by-now", either, with(nil, nil), []string{alice}, either, with(tokens, keys), nil, true, false},
		{"optional-by-now-and-good", either, with(tokens, keys), []string{alice}, operation(need(oauth), free), with(tokens, keys), nil, false, false},
		{"optional-by-now-and-bad", either, with(tokens, keys), []string{alice}, operation(need(oauth), free), with(gone, keys), nil, true, false},
		{"optional-by-now-and-not-looked-at", either, with(tokens, keys), []string{alice}, operation(need(session), free), with(tokens, keys), nil, false, false},
		{"optional-before-and-nobody", operation(need(oauth), free), with(tokens, keys), nil, operation(need(oauth)), with(tokens, keys), nil, true, true},
		{"optional-always-and-nobody", operation(need(oauth), free), with(tokens, keys), nil, operation(need(oauth), free), with(tokens, keys), nil, false, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := authn.Options{Realm: "shop", Verifiers: row.before}
			if row.name == "a-scope-that-it-has-not" { // a role before, which is not asked for
				row.op = operation(contract.Requirement{{Scheme: oauth, Scopes: []string{"read"}}})
			}
			before, _ := authn.New(row.op, o)
			after, _ := authn.New(row.now, authn.Options{Realm: "shop", Verifiers: row.after, StepUp: row.step})
			x := exchange(row.fields...)
			x.Received = noon.Add(-1)
			x.Operation = &gate.Operation{Steps: []gate.Step{{Head: before.Step(), Recheck: before}}}
			if before.Head(x) != gate.Allow || (x.Alternative == 0) != row.withoutThem {
				t.Fatal("denied: ", x.Refusal.Code)
			}
			if got := after.Recheck(x); (got != gate.Allow) != row.ends {
				t.Errorf("verdict %d", got)
			}
			if before.Recheck(x) != gate.Allow {
				t.Error("its own guard is against it")
			}
		})
	}
}

// TestRecheckOfPublicCalls ends those of nobody when somebody must be known by
// now.
func TestRecheckOfPublicCalls(t *testing.T) {
	public := &gate.Operation{Steps: []gate.Step{{Name: "another"}}}
	for name, row := range map[string]struct {
		now  *contract.Operation
		want gate.Verdict
	}{
		"closed-by-now":   {operation(need(oauth)), gate.Deny},
		"optional-by-now": {operation(need(oauth), contract.Requirement{}), gate.Allow},
	} {
		guard, _ := authn.New(row.now, options())
		if got := guard.Recheck(&gate.Exchange{Operation: public}); got != row.want {
			t.Errorf("%s: verdict %d", name, got)
		}
	}
}
