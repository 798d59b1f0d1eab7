package basic_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/basic"
)

var now = time.Unix(1_772_600_767, 0)

func hashOf(t testing.TB, password []byte) string {
	t.Helper()
	hash, err := basic.NewHash(password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func users(t testing.TB) map[string]basic.Hash {
	t.Helper()
	list, err := basic.ReadUsers("# people\n\nalice:" + hashOf(t, []byte("wonder:land é")) + "\nbob:" + hashOf(t, []byte("builder")) + "\r\n")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func verifier(t testing.TB, change func(*basic.Options)) *basic.Verifier {
	t.Helper()
	o := basic.Options{Name: "legacy", Users: users(t), Operations: []string{"export"}, Remember: time.Minute}
	if change != nil {
		change(&o)
	}
	v, err := basic.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func exchange(operation string) *gate.Exchange {
	return &gate.Exchange{Operation: &gate.Operation{Name: operation}, Received: now}
}

func raw(text string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(text))) }

func code(r *gate.Refusal) gate.Code {
	if r == nil {
		return gate.Undecided
	}
	return r.Code
}

// TestRecheck ends long calls whose user is gone, by the verifier of now.
func TestRecheck(t *testing.T) {
	list := users(t)
	with := func(change func(o *basic.Options)) *basic.Verifier {
		return verifier(t, func(o *basic.Options) {
			if o.Users = map[string]basic.Hash{"alice": list["alice"]}; change != nil {
				change(o)
			}
		})
	}
	x := exchange("export")
	was, r := with(nil).Verify(x, nil, raw("alice:wonder:land é"))
	if r != nil {
		t.Fatal(r.Cause)
	}
	for name, row := range map[string]struct {
		change func(o *basic.Options)
		want   gate.Code
	}{
		"the-same":         {nil, gate.Undecided},
		"gone":             {func(o *basic.Options) { o.Users = map[string]basic.Hash{"bob": list["bob"]} }, gate.CredentialInvalid},
		"another-password": {func(o *basic.Options) { o.Users = map[string]basic.Hash{"alice": list["bob"]} }, gate.CredentialInvalid},
		"another-entry":    {func(o *basic.Options) { o.Name = "other" }, gate.CredentialInvalid},
		"no-operation":     {func(o *basic.Options) { o.Operations = []string{"other"} }, gate.CredentialRestricted},
	} {
		if r := with(row.change).Recheck(x, nil, was); code(r) != row.want {
			t.Errorf("%s: %s", name, code(r))
		}
	}
}

func TestPasswords(t *testing.T) {
	v := verifier(t, nil)
	for _, row := range []struct {
		name string
		raw  []byte
		want gate.Code
	}{
		{"good", raw("alice:wonder:land é"), gate.Undecided},
		{"again", raw("alice:wonder:land é"), gate.Undecided},
		{"other-user", raw("bob:builder"), gate.Undecided},
		{"password-of-another", raw("alice:builder"), gate.CredentialInvalid},
		{"wrong", raw("alice:wonder"), gate.CredentialInvalid},
		{"empty-password", raw("alice:"), gate.CredentialInvalid},
		{"nobody", raw("carol:builder"), gate.CredentialInvalid},
		{"name-in-capitals", raw("Alice:wonder:land é"), gate.CredentialInvalid},
		{"empty-name", raw(":builder"), gate.CredentialInvalid},
		{"no-colon", raw("alice"), gate.CredentialInvalid},
		{"hash-as-password", raw("bob:$argon2id$v=19$m=19456,t=2,p=1"), gate.CredentialInvalid},
		{"control", raw("bob:builder\x00"), gate.CredentialInvalid},
		{"not-utf8", raw("bob:\xff"), gate.CredentialInvalid},
		{"not-base64", []byte("bob:builder"), gate.CredentialInvalid},
		{"unpadded", []byte(strings.TrimRight(string(raw("bob:builder")), "=")), gate.CredentialInvalid},
		{"long", raw("bob:" + strings.Repeat("a", 2000)), gate.CredentialInvalid},
		{"empty", nil, gate.CredentialInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, r := v.Verify(exchange("export"), nil, row.raw)
			if code(r) != row.want || (p == nil) == (r == nil) {
				t.Errorf("%s, want %s", code(r), row.want)
			}
			if p != nil && (p.Kind != gate.Person || !strings.HasPrefix(p.ID, "legacy|")) {
				t.Errorf("%s", p.ID)
			}
		})
	}
	if _, r := v.Verify(exchange("other"), nil, raw("bob:builder")); code(r) != gate.CredentialRestricted {
		t.Errorf("an operation that is not named: %s", code(r))
	}
	path := verifier(t, func(o *basic.Options) { o.Operations = []string{"GET /export"} })
	for template, want := range map[string]gate.Code{"/export": gate.Undecided, "/export/all": gate.CredentialRestricted} {
		x := &gate.Exchange{Operation: &gate.Operation{Name: "id", Method: "GET", Template: template}, Received: now}
		if _, r := path.Verify(x, nil, raw("bob:builder")); code(r) != want {
			t.Errorf("%s: %s", template, code(r))
		}
	}
	if _, r := v.Verify(&gate.Exchange{}, nil, raw("bob:builder")); code(r) != gate.CredentialRestricted {
		t.Errorf("no operation: %s", code(r))
	}
	if name := v.Names(nil, nil, raw("carol:x")); string(name) != "carol" {
		t.Errorf("names %q", name)
	}
	if name := v.Names(nil, nil, []byte("?")); name != nil {
		t.Errorf("names %q", name)
	}
}

// TestRemembered hashes a good password once, and a bad one each time.
func TestRemembered(t *testing.T) {
	v := verifier(t, nil)
	x := exchange("export")
	credential := raw("bob:builder")
	if _, r := v.Verify(x, nil, credential); r != nil {
		t.Fatal(r.Code)
	}
	if n := testing.AllocsPerRun(10, func() { v.Verify(x, nil, credential) }); n > 10 { // argon2 allocates far more
		t.Errorf("%v allocations: it was hashed again", n)
	}
}

// TestBusy answers 503 when there is no room to hash.
func TestBusy(t *testing.T) {
	v := verifier(t, func(o *basic.Options) { o.Parallel, o.Wait, o.Remember = 1, time.Millisecond, 0 })
	var wait sync.WaitGroup
	var mu sync.Mutex
	got := map[gate.Code]int{}
	for range 16 {
		wait.Go(func() {
			_, r := v.Verify(exchange("export"), nil, raw("bob:builder"))
			mu.Lock()
			defer mu.Unlock()
			got[code(r)]++
		})
	}
	wait.Wait()
	if got[gate.Undecided] == 0 || got[gate.CredentialUnverified] == 0 || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func TestUsers(t *testing.T) {
	good := hashOf(t, []byte("x"))
	for name, text := range map[string]string{
		"no-colon": "alice\n", "no-hash": "alice:\n", "plain": "alice:secret\n", "bcrypt": "alice:$2a$10$abc\n", "argon2i": "a:" + strings.Replace(good, "argon2id", "argon2i", 1),
		"version": "a:" + strings.Replace(good, "v=19", "v=16", 1), "memory-small": "a:" + strings.Replace(good, "m=19456", "m=64", 1), "memory-huge": "a:" + strings.Replace(good, "m=19456", "m=4194304", 1),
		"time-zero": "a:" + strings.Replace(good, "t=2", "t=0", 1), "threads-many": "a:" + strings.Replace(good, "p=1", "p=200", 1), "short-sum": "a:" + good[:len(good)-40], "twice": "a:" + good + "\na:" + good,
		"order": "a:" + strings.Replace(good, "m=19456,t=2", "t=2,m=19456", 1), "salt": "a:$argon2id$v=19$m=19456,t=2,p=1$YWJj$" + good[len(good)-43:],
	} {
		if list, err := basic.ReadUsers(text); err == nil || list != nil {
			t.Errorf("%s: read", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, password := range map[string]string{"empty": "", "long": strings.Repeat("a", 513), "line": "a\nb", "not-utf8": "\xff"} {
		if _, err := basic.NewHash([]byte(password)); err == nil {
			t.Errorf("a password that no client can send is hashed: %s", name)
		}
	}
	h, err := basic.ReadHash(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]basic.Options{
		"zero": {}, "no-operation": {Users: map[string]basic.Hash{"a": h}}, "no-name": {Users: map[string]basic.Hash{"": h}, Operations: []string{"a"}},
		"control": {Users: map[string]basic.Hash{"a\x01": h}, Operations: []string{"a"}},
	} {
		if v, err := basic.New(o); v != nil || err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzUsers(f *testing.F) {
	f.Add("alice:" + hashOf(f, []byte("x")))
	f.Fuzz(func(t *testing.T, text string) {
		if list, err := basic.ReadUsers(text); err != nil && list != nil {
			t.Error("users beside an error")
		}
	})
}

func FuzzCredential(f *testing.F) {
	f.Add(raw("alice:x"))
	v := verifier(f, nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		if name := v.Names(nil, nil, text); strings.Contains(string(name), ":") {
			t.Errorf("%q names %q", text, name)
		}
	})
}

func BenchmarkKnown(b *testing.B) {
	v := verifier(b, nil)
	x, credential := exchange("export"), raw("bob:builder")
	v.Verify(x, nil, credential)
	b.ReportAllocs()
	for b.Loop() {
		v.Verify(x, nil, credential)
	}
}
