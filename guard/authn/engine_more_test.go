package authn_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

// TestVerifierThatSaysNothing has broken its promise: nobody passes.
func TestVerifierThatSaysNothing(t *testing.T) {
	guard, _ := authn.New(operation(need(oauth)), options())
	if x := exchange("Authorization: Bearer neither"); guard.Head(x) != gate.Deny || x.Refusal.Code != gate.Undecided {
		t.Error(x.Refusal)
	}
}

func TestStepUp(t *testing.T) {
	rows := []struct {
		name  string
		steps []authn.StepUp
		token string
		words string // of the challenge; "" for allowed
	}{
		{"class", []authn.StepUp{{ACR: []string{"gold", "platinum"}}}, "strong", ""},
		{"class-missing", []authn.StepUp{{ACR: []string{"platinum"}}}, "strong", `acr_values="platinum"`},
		{"nothing-said", []authn.StepUp{{ACR: []string{"gold"}}}, "alice", `acr_values="gold"`},
		{"method", []authn.StepUp{{AMR: []string{"hwk", "otp"}}}, "strong", ""},
		{"method-missing", []authn.StepUp{{AMR: []string{"hwk"}}}, "strong", "insufficient_user_authentication"},
		{"age", []authn.StepUp{{MaxAge: 5 * time.Minute}}, "strong", ""},
		{"too-old", []authn.StepUp{{MaxAge: 5*time.Minute - time.Second}}, "strong", `max_age="299"`},
		{"time-not-said", []authn.StepUp{{MaxAge: time.Hour}}, "alice", `max_age="3600"`},
		{"both-must-hold", []authn.StepUp{{ACR: []string{"gold", "silver"}}, {ACR: []string{"silver"}, MaxAge: time.Hour}}, "strong", `acr_values="silver", max_age="3600"`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			o := options()
			o.StepUp = r.steps
			guard, _ := authn.New(operation(need(oauth)), o)
			x := exchange("Authorization: Bearer " + r.token)
			x.Received = noon
			if got := guard.Head(x); (got == gate.Allow) != (r.words == "") {
				t.Fatalf("verdict %d, %v", got, x.Refusal)
			}
			if r.words == "" {
				return
			}
			if got := string(x.Reply.Fields[0].Value); x.Refusal.Code != gate.StepUp || !strings.HasPrefix(got, `Bearer realm="shop", error="insufficient_user_authentication"`) || !strings.Contains(got, r.words) {
				t.Errorf("%v: %s", x.Refusal.Code, got)
			}
		})
	}
	guard, _ := authn.New(operation(need(oauth)), options())
	if !guard.Proves() {
		t.Error("tokens prove nothing")
	}
	o := options()
	o.Verifiers = map[string]gate.Verifier{"cert": plain{}}
	if guard, _ = authn.New(operation(need(mtls)), o); guard.Proves() {
		t.Error("certificates prove how somebody was authenticated")
	}
}

// plain is a verifier that can do nothing else.
type plain struct{}

func (plain) Verify(*gate.Exchange, *gate.Use, []byte) (*gate.Principal, *gate.Refusal) {
	return nil, &gate.Refusal{Code: gate.CredentialMissing}
}

func TestMisplaced(t *testing.T) {
	const key = "ghk_live_k7Q2_0123456789abcdefghijklmnopqrstuv_a1B2"
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"
	rows := []struct {
		name, query string
		refused     bool
		id          string
	}{
		{"key", "k=" + key, true, "k7Q2"},
		{"key-as-name", key, true, "k7Q2"},
		{"key-within-text", "note=see:" + key + "!", true, "k7Q2"},
		{"key-behind-its-prefix", "note=ghk_," + key, true, "k7Q2"},
		{"key-in-a-declared-parameter", "confirm=" + key, true, "k7Q2"},
		{"no-whole-key", "k=ghk_live", false, ""},
		{"token", "a=1&b=" + token, true, ""},
		{"encrypted-token", "b=eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", true, ""},
		{"token-in-a-declared-parameter", "confirm=" + token, false, ""},
		{"text-like-a-token", "b=eyJhbGci", false, ""},
		{"access-token", "access_token=x", true, ""},
		{"api-key", "API_Key=x", true, ""},
		{"nothing-in-it", "api_key=", false, ""},
		{"others", "a=1&&b&=c", false, ""},
	}
	for name, op := range map[string]*contract.Operation{"protected": operation(need(oauth)), "public": operation()} {
		op.Parameters = []*contract.Parameter{{Name: "confirm", In: contract.Query}}
		for _, r := range rows {
			t.Run(name+"-"+r.name, func(t *testing.T) {
				leaked := ""
				o := options()
				o.Leaked = func(id string) { leaked += id }
				guard, _ := authn.New(op, o)
				x := exchange("Authorization: Bearer alice")
				x.Query = []byte(r.query)
				got := guard.Head(x)
				if (got == gate.Deny) != r.refused || r.refused && x.Refusal.Code != gate.CredentialMisplaced || leaked != r.id {
					t.Errorf("verdict %d, %v, leaked %q", got, x.Refusal.Code, leaked)
				}
			})
		}
	}
}

// TestKeyInThePath: a path may hold a token, as links in mail do, but no key.
func TestKeyInThePath(t *testing.T) {
	for path, id := range map[string]string{
		"/orders/ghk_live_k7Q2_0123456789abcdefghijklmnopqrstuv_a1B2":      "k7Q2",
		"/ghk_/ghk_live_k7Q2_0123456789abcdefghijklmnopqrstuv_a1B2/orders": "k7Q2",
		"/orders/ghk_live": "",
		"/confirm/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln": "",
	} {
		leaked := ""
		o := options()
		o.Leaked = func(id string) { leaked += id }
		guard, _ := authn.New(operation(need(oauth)), o)
		x := exchange("Authorization: Bearer alice")
		x.Path = []byte(path)
		if got := guard.Head(x); (got == gate.Deny) != (id != "") || id != "" && (x.Refusal.Code != gate.CredentialMisplaced || x.Refusal.In != "path") || leaked != id {
			t.Errorf("%s: verdict %d, %v, leaked %q", path, got, x.Refusal, leaked)
		}
	}
}

type revocations map[string]bool

func (r revocations) Known(time.Time) bool { return !r["everything is unknown"] }

func (r revocations) Revoked(p *gate.Principal, _ time.Time) bool { return r[p.ID] }

func TestRecheck(t *testing.T) {
	o := options()
	gone := revocations{}
	o.Revoked = gone
	tokens := o.Verifiers["oauth"].(*fake)
	guard, _ := authn.New(operation(need(mtls), need(key, oauth)), o)
	x := exchange("Authorization: Bearer alice", "X-API-Key: shop")
	if guard.Head(x) != gate.Allow || x.Alternative != 2 {
		t.Fatal("denied: ", x.Refusal)
	}
	if guard.Recheck(x) != gate.Allow {
		t.Error("ended for nothing")
	}
	tokens.again = gate.CredentialRevoked
	if guard.Recheck(x) != gate.Deny {
		t.Error("its verifier is against it")
	}
	tokens.again = 0
	gone["k|shop"] = true
	if guard.Recheck(x) != gate.Deny {
		t.Error("one of its credentials was revoked")
	}
	if guard.Head(x) != gate.Deny || x.Refusal.Code != gate.CredentialRevoked {
		t.Error("and opens it again: ", x.Refusal.Code)
	}
	delete(gone, "k|shop")
	gone["everything is unknown"] = true
	if guard.Head(exchange("Authorization: Bearer alice", "X-API-Key: shop")) != gate.Deny || guard.Recheck(x) != gate.Deny {
		t.Error("passes while nobody knows what was revoked")
	}
	if x := exchange("Authorization: Bearer alice", "X-API-Key: shop"); guard.Head(x) != gate.Deny || x.Refusal.Code != gate.CredentialUnverified {
		t.Error("refused with ", x.Refusal.Code)
	}
	delete(gone, "everything is unknown")
	x.Principals[1] = &gate.Principal{ID: "i|alice", Expires: time.Now().Add(-time.Second)}
	if guard.Recheck(x) != gate.Deny {
		t.Error("one of its credentials has expired")
	}
	free, _ := authn.New(operation(need(oauth), contract.Requirement{}), o)
	if x = exchange(); free.Head(x) != gate.Allow || free.Recheck(x) != gate.Allow {
		t.Error("nobody had to be known")
	}
}

func TestBodies(t *testing.T) {
	o := options()
	signer := whole{o.Verifiers["key"].(*fake)}
	o.Verifiers["key"] = signer
	guard, _ := authn.New(operation(need(oauth), need(key)), o)
	step := guard.Step()
	judge, ok := step.(gate.BodyGuard)
	if !ok {
		t.Fatal("the body is not judged")
	}
	x := exchange("X-API-Key: shop")
	signer.body = gate.CredentialInvalid
	if step.Head(x) != gate.Allow || !x.WholeBody {
		t.Error("the body is not asked for")
	}
	if judge.Body(x) != gate.Deny || x.Refusal.Code != gate.CredentialInvalid || len(x.Reply.Fields) == 0 {
		t.Error("passes: ", x.Refusal.Code)
	}
	x = exchange("Authorization: Bearer alice")
	if step.Head(x) != gate.Allow || x.WholeBody || judge.Body(x) != gate.Allow {
		t.Error("a body is judged that nobody signed")
	}
	for code, want := range map[gate.Code]gate.Verdict{0: gate.Allow, gate.CredentialInvalid: gate.Deny} { // of a body that stays with the proxy
		signer.body = code
		x = exchange("X-API-Key: shop")
		x.Question = &gate.Question{}
		if got := step.Head(x); got != want || got == gate.Deny && x.Refusal.Code != gate.CredentialUnverified {
			t.Errorf("%v: %v, %v", code, got, x.Refusal.Code)
		}
	}
	scoped := contract.Requirement{{Scheme: key, Scopes: []string{"admin"}}}
	free, _ := authn.New(operation(scoped, contract.Requirement{}), o)
	if x = exchange("X-API-Key: shop"); free.Head(x) != gate.Allow || x.Principal != nil {
		t.Error("a caller is named by a signature to which nobody holds the body")
	}
	plain, _ := authn.New(operation(need(oauth)), options())
	if _, ok := plain.Step().(gate.BodyGuard); ok {
		t.Error("bodies are judged where no verifier does")
	}
}

func TestErrorsInChallenges(t *testing.T) {
	rows := []struct{ name, token, want string }{
		{"invalid", "x", `Bearer realm="shop", error="invalid_token", error_description="The credential of the request is not valid."`},
		{"expired", "expired", `Bearer realm="shop", error="invalid_token", error_description="The credential of the request has expired."`},
		{"scopes", "reader", `Bearer realm="shop", error="insufficient_scope", error_description="The token does not have the scopes that the operation needs.", scope="read write"`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			guard, _ := authn.New(operation(need(oauth)), options())
			x := exchange("Authorization: Bearer " + r.token)
			if guard.Head(x); len(x.Reply.Fields) != 1 || string(x.Reply.Fields[0].Value) != r.want {
				t.Errorf("got %q", values(x))
			}
		})
	}
}

// bound takes tokens with proofs, too.
type bound struct{ *fake }

func (bound) AuthSchemes(*gate.Use) []gate.AuthScheme {
	return []gate.AuthScheme{{Name: "DPoP", Parameters: `algs="ES256"`}, {Name: "Bearer"}}
}

func TestFurtherSchemes(t *testing.T) {
	o := options()
	o.Verifiers["oauth"] = bound{o.Verifiers["oauth"].(*fake)}
	guard, _ := authn.New(operation(need(oauth)), o)
	for _, scheme := range []string{"Bearer", "DPoP", "dpop"} {
		if x := exchange("Authorization: " + scheme + " alice"); guard.Head(x) != gate.Allow {
			t.Errorf("%s is refused: %v", scheme, x.Refusal)
		}
	}
	x := exchange()
	guard.Head(x)
	if len(x.Reply.Fields) != 2 || string(x.Reply.Fields[0].Value) != `DPoP realm="shop", algs="ES256", scope="read write"` {
		t.Errorf("challenges %+v", values(x))
	}
	x = exchange("Authorization: DPoP stolen")
	guard.Head(x)
	if len(x.Reply.Fields) != 1 || !strings.Contains(string(x.Reply.Fields[0].Value), `error="invalid_dpop_proof"`) {
		t.Errorf("challenges %+v", values(x))
	}
}

// journal is Locks that write down what they hear.
type journal struct {
	wait  time.Duration
	lines []string
}

func (j *journal) Active(time.Time) bool { return j.wait > 0 }
func (j *journal) Locked(a gate.Attempt, _ time.Time) time.Duration {
	return j.wait
}
func (j *journal) Failed(a gate.Attempt, what gate.Failure, _ time.Time) {
	j.lines = append(j.lines, fmt.Sprint(what, " ", string(a.Credential)))
}
func (j *journal) Succeeded(a gate.Attempt, _ time.Time) {
	j.lines = append(j.lines, "good "+string(a.Credential))
}

func TestLocksHear(t *testing.T) {
	o := options()
	j := &journal{}
	o.Locks = j
	guard, _ := authn.New(operation(need(oauth)), o)
	for _, token := range []string{"alice", "alice", "x", "expired", "revoked", "stolen", "down", "gone", "reader"} {
		x := exchange("Authorization: Bearer " + token)
		x.Client = netip.MustParseAddr("192.0.2.1")
		guard.Head(x)
	}
	if got := strings.Join(j.lines, ", "); got != "good alice, 3 x, 1 expired, 1 revoked, 2 stolen, good reader" {
		t.Error(got)
	}
	j.wait = 1500 * time.Millisecond
	x := exchange("Authorization: Bearer alice")
	if guard.Head(x) != gate.Deny || x.Refusal.Code != gate.CredentialLocked || x.Refusal.Retry != 2 {
		t.Errorf("%+v", x.Refusal)
	}
}

func TestEngineAllocatesNothing(t *testing.T) {
	o := options()
	o.Revoked, o.Locks, o.StepUp = revocations{}, &journal{}, []authn.StepUp{{ACR: []string{"gold"}}}
	guard, _ := authn.New(operation(need(oauth, key)), o)
	x := exchange("Authorization: Bearer strong", "X-API-Key: shop")
	x.Query, x.Received = []byte("a=1&b=2"), noon
	if guard.Head(x) != gate.Allow {
		t.Fatal(x.Refusal)
	}
	if n := testing.AllocsPerRun(100, func() { guard.Head(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEngine(b *testing.B) {
	o := options()
	guard, _ := authn.New(operation(need(oauth)), o)
	x := exchange("Host: a", "Accept: b", "Authorization: Bearer alice")
	b.Run("allow", func(b *testing.B) {
		for b.Loop() {
			guard.Head(x)
		}
	})
	x = exchange("Host: a", "Accept: b", "Authorization: Bearer reader")
	b.Run("deny", func(b *testing.B) {
		for b.Loop() {
			x.Reply.Fields = x.Reply.Fields[:0]
			guard.Head(x)
		}
	})
}

// values are those of the challenges.
func values(x *gate.Exchange) (list []string) {
	for _, f := range x.Reply.Fields {
		list = append(list, string(f.Value))
	}
	return list
}

func TestForgottenCredentials(t *testing.T) {
	o := options()
	o.Drop = true
	rows := []struct {
		name   string
		op     *contract.Operation
		fields []string
		left   string
	}{
		{"token-with-proof", operation(need(oauth)), []string{"Authorization: Bearer alice", "DPoP: x", "Accept: a"}, "Accept: a"},
		{"key", operation(need(key)), []string{"X-API-Key: shop", "Authorization: Bearer other"}, "Authorization: Bearer other"},
		{"cookie", operation(need(session)), []string{"Cookie: a=1; sid=a; b=2"}, "Cookie: a=1; b=2"},
		{"the-only-cookie", operation(need(session)), []string{"Cookie: sid=a"}, ""},
		{"what-nobody-verified", operation(need(basic)), []string{"Authorization: Basic YTpi"}, "Authorization: Basic YTpi"},
		{"optional", operation(need(oauth), contract.Requirement{}), []string{"Authorization: Bearer alice"}, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			guard, _ := authn.New(r.op, o)
			x := exchange(r.fields...)
			if guard.Head(x) != gate.Allow {
				t.Fatal(x.Refusal)
			}
			var left []string
			for _, f := range x.Fields {
				if !f.Gone {
					left = append(left, string(f.Name)+": "+string(f.Value))
				}
			}
			if strings.Join(left, "\n") != r.left {
				t.Errorf("left %q", left)
			}
		})
	}
}
