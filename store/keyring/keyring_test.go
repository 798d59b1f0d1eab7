package keyring_test

import (
	"errors"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// ring is one whose clock stands where the test says.
func ring(t *testing.T) (*keyring.Ring, *time.Time) {
	t.Helper()
	s, err := store.Open(store.Settings{SQLite: filepath.Join(t.TempDir(), "gatehouse.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	return &keyring.Ring{Store: s, Environment: "live", Pepper: apikey.NewPepper(trust.NewSecret("a pepper")), Now: func() time.Time { return now }}, &now
}

func TestLifeOfAKey(t *testing.T) {
	r, now := ring(t)
	ctx := t.Context()
	secret, k, err := r.Create(ctx, keyring.Request{Name: "nightly export", Tenant: "acme", Scopes: []string{"b", "a", "b"}, Roles: []string{"clerk"}, Operations: []string{"GET /orders"},
		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Expires: now.Add(48 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Pepper.Hash([]byte(secret.Reveal()))
	if !strings.HasPrefix(secret.Reveal(), "ghk_live_"+k.ID+"_") || string(k.Hash) != string(sum[:]) || k.Subject != "key:"+k.ID || k.Issuer != "gatehouse" || !reflect.DeepEqual(k.Scopes, []string{"a", "b"}) {
		t.Errorf("%+v", k)
	}
	*now = now.Add(time.Hour)
	second, next, err := r.Rotate(ctx, k.ID, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if second.Reveal() == secret.Reveal() || next.Subject != k.Subject || next.Tenant != "acme" || !reflect.DeepEqual(next.Addresses, k.Addresses) || !next.Expires.Equal(k.Expires) || next.Created.Equal(k.Created) {
		t.Errorf("%+v", next)
	}
	if _, _, err := r.Rotate(ctx, k.ID, time.Minute); !errors.Is(err, store.ErrConflict) {
		t.Error("a second successor: ", err)
	}
	state := func(id string, want keyring.Condition) {
		t.Helper()
		k, err := r.Key(ctx, id)
		if err != nil || keyring.State(k, *now) != want {
			t.Errorf("%v, want %s: %v", k, want, err)
		}
	}
	state(k.ID, keyring.Replaced)
	state(next.ID, keyring.Good)
	*now = now.Add(time.Minute)
	state(k.ID, keyring.Expired)
	if _, _, err := r.Rotate(ctx, k.ID, time.Minute); !errors.Is(err, keyring.ErrDead) {
		t.Error(err)
	}
	if err := r.Revoke(ctx, next.ID); err != nil {
		t.Fatal(err)
	}
	state(next.ID, keyring.Revoked)
	if _, _, err := r.Rotate(ctx, next.ID, time.Minute); !errors.Is(err, keyring.ErrDead) {
		t.Error(err)
	}
	list, err := r.List(ctx)
	if err != nil || len(list) != 2 || list[0].ID != k.ID || list[1].ID != next.ID {
		t.Error(list, err)
	}
}

func TestOtherEnvironments(t *testing.T) {
	r, _ := ring(t)
	_, k, err := r.Create(t.Context(), keyring.Request{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	other := *r
	other.Environment = "test"
	if list, err := other.List(t.Context()); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if err := other.Revoke(t.Context(), k.ID); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if _, _, err := other.Rotate(t.Context(), k.ID, 0); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestMistakes(t *testing.T) {
	r, now := ring(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = strings.Repeat("a", i+1)
	}
	for _, row := range []struct {
		name, field string
		q           keyring.Request
	}{
		{"nothing", "name", keyring.Request{}},
		{"long", "name", keyring.Request{Name: strings.Repeat("a", 257)}},
		{"lines", "name", keyring.Request{Name: "a\nb"}},
		{"spaces", "name", keyring.Request{Name: " a"}},
		{"not-utf8", "tenant", keyring.Request{Name: "a", Tenant: "\xff"}},
		{"direction", "subject", keyring.Request{Name: "a", Subject: "a\u202eb"}},
		{"separator", "issuer", keyring.Request{Name: "a", Issuer: "a|b", Subject: "c"}},
		{"issuer-alone", "subject", keyring.Request{Name: "a", Issuer: "a"}},
		{"two-scopes-in-one", "scopes", keyring.Request{Name: "a", Scopes: []string{"a b"}}},
		{"empty-role", "roles", keyring.Request{Name: "a", Roles: []string{""}}},
		{"line-in-an-operation", "operations", keyring.Request{Name: "a", Operations: []string{"a\nb"}}},
		{"many", "operations", keyring.Request{Name: "a", Operations: many}},
		{"past", "expires", keyring.Request{Name: "a", Expires: *now}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m *keyring.Mistake
			if _, _, err := r.Create(t.Context(), row.q); !errors.As(err, &m) || m.Field != row.field {
				t.Error(err)
			}
		})
	}
	if list, err := r.List(t.Context()); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}
