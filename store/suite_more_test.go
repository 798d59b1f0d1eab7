package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func allRevocations(t *testing.T, s *store.Store, since int64) (list []store.Revocation, last int64) {
	t.Helper()
	err := s.Revocations(t.Context(), since, func(r store.Revocation) error {
		last, r.Changed = r.Changed, 0
		list = append(list, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, last
}

func revocations(t *testing.T, s *store.Store) {
	ctx := t.Context()
	of := func(kind store.RevocationKind, issuer, value string, at time.Duration, expires time.Duration) store.Revocation {
		return store.Revocation{Kind: kind, Issuer: issuer, Value: value, At: now.Add(at), Expires: now.Add(expires)}
	}
	exact := func(value string, at time.Duration) store.Revocation {
		r := of(store.RevokedSubject, "", value, at, time.Hour)
		r.SameClock = true
		return r
	}
	for _, r := range []store.Revocation{
		of(store.RevokedSubject, "https://id.example.com", "alice", 0, time.Hour),
		of(store.RevokedToken, "", "t1", 0, time.Hour),
		of(store.RevokedSubject, "https://id.example.com", "alice", time.Minute, time.Minute), // grows in one way
		of(store.RevokedSubject, "https://other.example.com", "alice", 0, time.Minute),
		of(store.RevokedSession, "", "s1", 0, time.Minute),
		{Kind: store.RevokedSession, Value: "s1", At: now}, // for ever
		of(store.RevokedSession, "", "s1", 0, time.Minute),
		exact("bob", 0),
		exact("cid", 0), exact("cid", time.Minute),
		exact("dan", time.Minute), of(store.RevokedSubject, "", "dan", 0, time.Hour), // somebody else says so, too
	} {
		if err := s.Revoke(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	want := []store.Revocation{
		of(store.RevokedToken, "", "t1", 0, time.Hour),
		of(store.RevokedSubject, "https://id.example.com", "alice", time.Minute, time.Hour),
		of(store.RevokedSubject, "https://other.example.com", "alice", 0, time.Minute),
		{Kind: store.RevokedSession, Value: "s1", At: now},
		exact("bob", 0), exact("cid", time.Minute), of(store.RevokedSubject, "", "dan", time.Minute, time.Hour),
	}
	got, last := allRevocations(t, s, 0)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if got, _ := allRevocations(t, s, last); got != nil {
		t.Error(got)
	}
	if err := s.ForgetRevocations(ctx, now.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, _ := allRevocations(t, s, 0); !reflect.DeepEqual(got, append(want[:2:2], want[3:]...)) {
		t.Error(got)
	}
	if err := s.Revoke(ctx, of("tokens", "", "x", 0, 0)); err == nil {
		t.Error("a kind that nobody knows is kept")
	}
}

func settings(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if _, err := s.Setting(ctx, "node"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if err := s.AddSetting(ctx, "node", []byte{0, 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddSetting(ctx, "node", []byte{2}); !errors.Is(err, store.ErrConflict) {
		t.Error(err)
	}
	if v, err := s.Setting(ctx, "node"); err != nil || !bytes.Equal(v, []byte{0, 1}) {
		t.Error(v, err)
	}
	for _, v := range [][]byte{{3}, {}} {
		if err := s.SetSetting(ctx, "node", v); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting(ctx, "node"); err != nil || !bytes.Equal(got, v) {
			t.Error(got, err)
		}
	}
}

// fakeSealer binds to its place and hides nothing.
type fakeSealer struct{ fail error }

func (f fakeSealer) Seal(plain []byte, at seal.At) ([]byte, error) {
	return fmt.Appendf(nil, "%v:%s", at, plain), f.fail
}

func (f fakeSealer) Open(sealed []byte, at seal.At) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, fmt.Appendf(nil, "%v:", at))
	if !ok {
		return nil, errors.New("it is of another place")
	}
	return plain, f.fail
}

func sealedSettings(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if err := s.SetSecretSetting(ctx, fakeSealer{}, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if v, err := s.SecretSetting(ctx, fakeSealer{}, "a"); err != nil || string(v) != "x" {
		t.Error(v, err)
	}
	sealed, err := s.Setting(ctx, "secret/a")
	if err != nil || string(sealed) == "x" {
		t.Fatal(sealed, err)
	}
	if err := s.SetSetting(ctx, "secret/b", sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SecretSetting(ctx, fakeSealer{}, "b"); err == nil {
		t.Error("a value that was sealed for another name is opened")
	}
	down := errors.New("no key")
	if err := s.SetSecretSetting(ctx, fakeSealer{down}, "c", []byte("x")); !errors.Is(err, down) {
		t.Error(err)
	}
	if _, err := s.Setting(ctx, "secret/c"); !errors.Is(err, store.ErrNotFound) {
		t.Error("what could not be sealed was kept: ", err)
	}
}

// changesInOrder has a reader follow writers: it must see every key, though it
// only ever asks for what is above the last number that it saw.
func changesInOrder(t *testing.T, s *store.Store) {
	const writers, each = 6, 25
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if err := s.AddKey(t.Context(), key(fmt.Sprint(w, "-", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	seen, since := 0, int64(0)
	for ending := false; ; {
		err := s.Keys(t.Context(), "", since, func(k *store.Key) error {
			seen, since = seen+1, k.Changed
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if ending {
			break
		}
		select {
		case <-done:
			ending = true
		default:
		}
	}
	if seen != writers*each {
		t.Errorf("the reader saw %d keys of %d", seen, writers*each)
	}
}
