package apikey_test

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	guard "github.com/gatehouse-api/gatehouse/guard/authn/apikey"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

var (
	now    = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	pepper = apikey.NewPepper(trust.NewSecret("the present pepper"))
	former = apikey.NewPepper(trust.NewSecret("a former pepper"))
	lost   = apikey.NewPepper(trust.NewSecret("a pepper that nobody has"))
)

// rows is a store of a test, which looks at the clock of the test.
type rows struct {
	mu   sync.Mutex
	list []store.Key // guarded by mu
	used []store.Use // guarded by mu
	down error       // of UseKeys
	lost bool        // Keys has no answer
	f    chan store.Follower
}

func (r *rows) Keys(_ context.Context, environment string, since int64, each func(*store.Key) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost {
		return store.ErrUnavailable
	}
	for _, k := range r.list {
		if k.Changed > since && (environment == "" || k.Environment == environment) {
			if err := each(&k); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rows) UseKeys(_ context.Context, uses []store.Use) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = append(r.used, uses...)
	return r.down
}

func (r *rows) Follow(ctx context.Context, f store.Follower) {
	r.f <- f
	<-ctx.Done()
}

// set keeps a key under its id, with the next change number.
func (r *rows) set(k store.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k.Changed = 0
	for i := range r.list {
		k.Changed = max(k.Changed, r.list[i].Changed)
	}
	k.Changed++
	r.list = slices.DeleteFunc(r.list, func(other store.Key) bool { return other.ID == k.ID })
	r.list = append(r.list, k)
}

// house is a verifier that follows rows.
type house struct {
	*guard.Verifier
	rows
	store.Follower
	since int64
	log   testdata.Buffer
	end   func()
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{rows: rows{f: make(chan store.Follower)}}
	h.Verifier = guard.New(guard.Options{Name: "keys", Environment: "live", Peppers: []*apikey.Pepper{pepper, former}, MaxStale: time.Minute,
		Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		h.Run(ctx, &h.rows)
		close(done)
	}()
	h.end = sync.OnceFunc(func() {
		end()
		<-done
	})
	t.Cleanup(h.end)
	h.Follower = <-h.f
	return h
}

// catchUp takes over what changed, at a time.
func (h *house) catchUp(t testing.TB, at time.Time) {
	t.Helper()
	since, err := h.Read(context.Background(), h.since)
	if err != nil {
		t.Fatal(err)
	}
	h.since = since
	h.Fresh(at)
}

// made makes a key and its row.
func made(p *apikey.Pepper, environment string) (text []byte, k store.Key) {
	secret, id := apikey.New(environment)
	text = []byte(secret.Reveal())
	sum := p.Hash(text)
	return text, store.Key{ID: id, Environment: environment, Name: "export", Hash: sum[:], Pepper: p.ID(), Issuer: apikey.Issuer, Subject: "nightly", Tenant: "acme", Client: "export",
		Scopes: []string{"orders:write", "orders:read"}, Roles: []string{"clerk"}, Created: now.Add(-time.Hour)}
}

func exchange(at time.Time) *gate.Exchange {
	return &gate.Exchange{Received: at, Operation: &gate.Operation{Name: "listOrders"}, Client: netip.MustParseAddr("192.0.2.7"), Target: []byte("/orders")}
}

// code is what Verify says, "good" for a principal.
func code(t testing.TB, h *house, x *gate.Exchange, raw []byte) string {
	t.Helper()
	p, why := h.Verify(x, &gate.Use{}, raw)
	switch {
	case (p == nil) == (why == nil):
		t.Fatal("exactly one must be returned: ", p, why)
	case p != nil:
		return "good"
	}
	if strings.Contains(why.Detail, "ghk_") || why.Cause != nil && strings.Contains(why.Cause.Error(), "ghk_") {
		t.Error("a refusal holds the key")
	}
	return why.Code.String()
}

func TestPrincipal(t *testing.T) {
	h := open(t)
	text, k := made(pepper, "live")
	h.set(k)
	h.catchUp(t, now)
	p, why := h.Verify(exchange(now), &gate.Use{}, text)
	if why != nil {
		t.Fatal(why)
	}
	if p.ID != "gatehouse|nightly" || p.Credential != "keys" || p.Kind != gate.Program || p.Tenant != "acme" || p.Client != "export" || p.Serial != k.ID ||
		strings.Join(p.Scopes, " ") != "orders:read orders:write" || strings.Join(p.Roles, " ") != "clerk" || !p.Issued.Equal(k.Created) || !p.Expires.IsZero() {
		t.Errorf("got %+v", p)
	}
	if again, _ := h.Verify(exchange(now), &gate.Use{}, text); again != p {
		t.Error("the principal was made twice")
	}
}

// TestVerdicts changes one thing of a good key or of a call.
func TestVerdicts(t *testing.T) {
	for _, row := range []struct {
		name string
		key  func(k *store.Key)
		call func(x *gate.Exchange)
		text func(text []byte) []byte
		want string
	}{
		{name: "good", want: "good"},
		{name: "none", text: func([]byte) []byte { return nil }, want: "credential-missing"},
		{name: "mistyped", text: func(s []byte) []byte { s[len(s)-9]++; return s }, want: "credential-invalid"},
		{name: "another-text", text: func([]byte) []byte { return []byte("Bearer abc") }, want: "credential-invalid"},
		{name: "huge", text: func(s []byte) []byte { return []byte(strings.Repeat(string(s), 1000)) }, want: "credential-invalid"},
		{name: "nobody-made-it", text: func([]byte) []byte { s, _ := made(pepper, "live"); return s }, want: "credential-invalid"},
		{name: "of-another-environment", text: func([]byte) []byte { s, _ := made(pepper, "test"); return s }, want: "credential-invalid"},
		{name: "former-pepper", key: func(k *store.Key) { k.Pepper = former.ID() }, want: "credential-invalid"}, // its hash is of another
		{name: "lost-pepper", key: func(k *store.Key) { k.Pepper = lost.ID() }, want: "credential-invalid"},
		{name: "no-hash", key: func(k *store.Key) { k.Hash = nil }, want: "credential-invalid"},
		{name: "hash-of-zeros", key: func(k *store.Key) { k.Hash = make([]byte, 32) }, want: "credential-invalid"},
		{name: "revoked", key: func(k *store.Key) { k.Revoked = now }, want: "credential-revoked"},
		{name: "revoked-later", key: func(k *store.Key) { k.Revoked = now.Add(time.Millisecond) }, want: "good"},
		{name: "expired", key: func(k *store.Key) { k.Expires = now }, want: "credential-expired"},
		{name: "expires-later", key: func(k *store.Key) { k.Expires = now.Add(time.Millisecond) }, want: "good"},
		{name: "revoked-and-expired", key: func(k *store.Key) { k.Revoked, k.Expires = now, now }, want: "credential-revoked"},
		{name: "its-operation", key: func(k *store.Key) { k.Operations = []string{"a", "listOrders"} }, want: "good"},
		{name: "another-operation", key: func(k *store.Key) { k.Operations = []string{"listOrder", "listOrderss"} }, want: "credential-restricted"},
		{name: "no-operation", key: func(k *store.Key) { k.Operations = []string{"listOrders"} }, call: func(x *gate.Exchange) { x.Operation = nil }, want: "credential-restricted"},
		{name: "its-address", key: func(k *store.Key) { k.Addresses = networks("10.0.0.0/8", "192.0.2.0/24") }, want: "good"},
		{name: "its-address-mapped", key: func(k *store.Key) { k.Addresses = networks("192.0.2.0/24") },
			call: func(x *gate.Exchange) { x.Client = netip.MustParseAddr("::ffff:192.0.2.7") }, want: "good"},
		{name: "another-address", key: func(k *store.Key) { k.Addresses = networks("192.0.3.0/24", "::/0") }, want: "credential-restricted"},
		{name: "no-address", key: func(k *store.Key) { k.Addresses = networks("0.0.0.0/0") }, call: func(x *gate.Exchange) { x.Client = netip.Addr{} }, want: "credential-restricted"},
		{name: "almost-stale", call: func(x *gate.Exchange) { x.Received = now.Add(time.Minute) }, want: "good"},
		{name: "stale", call: func(x *gate.Exchange) { x.Received = now.Add(time.Minute + 1) }, want: "credential-unverified"},
		{name: "stale-and-unknown", call: func(x *gate.Exchange) { x.Received = now.Add(time.Hour) }, text: func([]byte) []byte { s, _ := made(pepper, "live"); return s }, want: "credential-unverified"},
		{name: "stale-and-mistyped", call: func(x *gate.Exchange) { x.Received = now.Add(time.Hour) }, text: func(s []byte) []byte { s[20]++; return s }, want: "credential-invalid"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := open(t)
			text, k := made(pepper, "live")
			if row.key != nil {
				row.key(&k)
			}
			h.set(k)
			h.catchUp(t, now)
			x := exchange(now)
			if row.call != nil {
				row.call(x)
			}
			if row.text != nil {
				text = row.text(text)
			}
			for range 2 { // the second time much is remembered
				if got := code(t, h, x, text); got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
			}
		})
	}
}

func networks(list ...string) (all []netip.Prefix) {
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// TestStoreDownAtStart never saw a row.
func TestStoreDownAtStart(t *testing.T) {
	h := open(t)
	text, k := made(pepper, "live")
	if got := code(t, h, exchange(now), text); got != "credential-unverified" {
		t.Error(got)
	}
	_, why := h.Verify(exchange(now), &gate.Use{}, text)
	if why.Retry == 0 {
		t.Error("no Retry-After")
	}
	h.set(k)
	h.catchUp(t, now)
	if got := code(t, h, exchange(now), text); got != "good" {
		t.Error(got)
	}
}

// TestChanges has a key that was used and is remembered change.
// TestBegin: a key that is in the store is good for the first call already, and
// one that nobody could read is not known, rather than invalid.
func TestBegin(t *testing.T) {
	for _, down := range []bool{false, true} {
		h := open(t)
		text, k := made(pepper, "live")
		h.set(k)
		h.lost = down
		h.Begin(t.Context(), &h.rows)
		want := "good"
		if down {
			want = "credential-unverified"
		}
		if got := code(t, h, exchange(time.Now()), text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	h := open(t)
	text, k := made(former, "live")
	other, l := made(pepper, "live")
	h.set(k)
	h.set(l)
	h.catchUp(t, now)
	want := func(what, first, second string) {
		t.Helper()
		if a, b := code(t, h, exchange(now), text), code(t, h, exchange(now), other); a != first || b != second {
			t.Errorf("%s: got %s and %s", what, a, b)
		}
	}
	want("both are there", "good", "good")
	k.Revoked = now
	h.set(k)
	h.catchUp(t, now)
	want("one is revoked", "credential-revoked", "good")
	l.Roles = []string{"admin"}
	h.set(l)
	h.catchUp(t, now)
	if p, _ := h.Verify(exchange(now), &gate.Use{}, other); p == nil || p.Roles[0] != "admin" {
		t.Error("roles are those of before: ", p)
	}
	// Another key under the same id: the old text is not good any more.
	sum := pepper.Hash([]byte("something else"))
	l.Hash = sum[:]
	h.set(l)
	h.catchUp(t, now)
	want("another hash", "credential-revoked", "credential-invalid")
	// A store that is another one.
	h.list, h.since = nil, 0
	h.catchUp(t, now)
	want("both are gone", "credential-invalid", "credential-invalid")
}

func TestUse(t *testing.T) {
	h := open(t)
	text, k := made(pepper, "live")
	h.set(k)
	h.catchUp(t, now)
	for _, at := range []time.Duration{0, time.Second, 59 * time.Second} {
		code(t, h, exchange(now.Add(at)), text)
	}
	h.end()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.used) != 1 || h.used[0].ID != k.ID || !h.used[0].At.Equal(now) {
		t.Error(h.used)
	}
}

func TestPepperThatIsLost(t *testing.T) {
	h := open(t)
	_, k := made(lost, "live")
	h.set(k)
	h.catchUp(t, now)
	if !strings.Contains(h.log.String(), "keys=1") {
		t.Error("nothing was said: ", h.log.String())
	}
}

func TestRecheck(t *testing.T) {
	h := open(t)
	text, k := made(pepper, "live")
	h.set(k)
	h.catchUp(t, time.Now())
	x := exchange(time.Now())
	p, why := h.Verify(x, &gate.Use{}, text)
	if why != nil {
		t.Fatal(why)
	}
	if why := h.Recheck(x, &gate.Use{}, p); why != nil {
		t.Error(why)
	}
	if why := h.Recheck(x, &gate.Use{}, &gate.Principal{Serial: "x"}); why == nil {
		t.Error("a stranger is good")
	}
	k.Revoked = now
	h.set(k)
	h.catchUp(t, time.Now())
	if why := h.Recheck(x, &gate.Use{}, p); why == nil || why.Code != gate.CredentialRevoked {
		t.Error(why)
	}
	h.Fresh(now.Add(-time.Hour))
	if why := h.Recheck(x, &gate.Use{}, p); why == nil || why.Code != gate.CredentialUnverified {
		t.Error(why)
	}
}
