package keys_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// marked is a wrapper of tests.
type marked struct {
	mark byte
	down bool
}

func (*marked) Name() string { return "marked" }

func (w *marked) Wrap(_ context.Context, key, ad []byte) ([]byte, error) {
	if w.down {
		return nil, &wrap.Error{Who: "marked", Text: "it does not answer", Down: true}
	}
	out := append([]byte{w.mark}, ad...)
	for _, b := range key {
		out = append(out, b^w.mark)
	}
	return out, nil
}

func (w *marked) Unwrap(_ context.Context, wrapped, ad []byte) ([]byte, error) {
	body, ok := bytes.CutPrefix(wrapped, append([]byte{w.mark}, ad...))
	switch {
	case w.down:
		return nil, &wrap.Error{Who: "marked", Text: "it does not answer", Down: true}
	case !ok:
		return nil, &wrap.Error{Who: "marked", Text: "it is not mine"}
	}
	body = bytes.Clone(body)
	for i := range body {
		body[i] ^= w.mark
	}
	return body, nil
}

// later is when every key was published for long enough.
var later = time.Now().Add(time.Hour)

func open(t testing.TB, f keys.File, w wrap.Wrapper) *keys.Keys {
	t.Helper()
	k, err := keys.Open(t.Context(), f, w)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sum(t testing.TB, m keys.MAC, version uint32) [32]byte {
	t.Helper()
	s, ok := m.Sum(version, []byte("message"))
	if !ok {
		t.Fatal("there is no version", version)
	}
	return s
}

// TestKept makes keys at the first start and finds them at the next.
func TestKept(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "new", "gatehouse.keys"))
	w := &marked{mark: 'w'}
	k := open(t, f, w)
	info, err := os.Stat(string(f))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	if _, err := os.Stat(string(f) + ".new"); err == nil {
		t.Error("a file was left behind")
	}
	value, err := k.Data().Seal([]byte("value"), seal.At{Row: "1"})
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, f, w)
	for _, n := range []keys.Name{keys.Pepper, keys.Owners, keys.Nonces} {
		if sum(t, k.MAC(n), 1) != sum(t, again.MAC(n), again.MAC(n).Newest()) {
			t.Error("another key:", n)
		}
	}
	if sum(t, k.MAC(keys.Pepper), 1) == sum(t, k.MAC(keys.Owners), 1) {
		t.Error("two keys are one")
	}
	if again.Signing(later).ID != k.Signing(later).ID || !again.Signing(later).Private().Equal(k.Signing(later).Private()) {
		t.Error("another signing key")
	}
	if plain, err := again.Data().Open(value, seal.At{Row: "1"}); err != nil || string(plain) != "value" {
		t.Error(err)
	}
	if !k.Durable() || k.Status()[0].Versions[0].Made.After(time.Now()) || len(k.Status()) != len(keys.Names) {
		t.Error(k.Status())
	}
}

// TestRotate rotates in one program while another serves.
func TestRotate(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	w := &marked{mark: 'w'}
	serving, tool := open(t, f, w), open(t, f, w)
	pepper := serving.MAC(keys.Pepper)
	before, id := sum(t, pepper, 1), serving.Signing(later).ID
	if err := tool.Rotate(t.Context(), keys.Names...); err != nil {
		t.Fatal(err)
	}
	if pepper.Newest() != 1 {
		t.Error("changed without a word")
	}
	if changed, err := serving.Refresh(t.Context()); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if changed, err := serving.Refresh(t.Context()); changed || err != nil {
		t.Error(changed, err)
	}
	if pepper.Newest() != 2 || fmt.Sprint(pepper.Versions()) != "[2 1]" || sum(t, pepper, 1) != before || sum(t, pepper, 2) == before {
		t.Error("the handle does not follow")
	}
	if serving.Signing(later).ID == id || len(serving.Verifying()) != 2 || serving.Verifying()[1].ID != id {
		t.Error("the signing key does not follow")
	}
	if len(serving.Ring().Versions()) != 2 {
		t.Error(serving.Ring().Versions())
	}
	for range 5 {
		if err := tool.Rotate(t.Context(), keys.Tokens, keys.Pepper); err != nil {
			t.Fatal(err)
		}
	}
	if len(tool.Verifying()) != 3 || len(tool.MAC(keys.Pepper).Versions()) != 7 {
		t.Error(len(tool.Verifying()), tool.MAC(keys.Pepper).Versions())
	}
	if err := tool.Rotate(t.Context(), "peper"); err == nil {
		t.Error("a key without a name was rotated")
	}
}

// TestDestroy removes what is not in use, and nothing else.
func TestDestroy(t *testing.T) {
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Rotate(t.Context(), keys.Pepper, keys.Data); err != nil {
		t.Fatal(err)
	}
	used := func(n int, err error) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return n, err }
	}
	if err := k.Destroy(t.Context(), keys.Pepper, 1, used(3, nil)); !errors.Is(err, keys.ErrInUse) {
		t.Error(err)
	}
	odd := errors.New("odd")
	if err := k.Destroy(t.Context(), keys.Pepper, 1, used(0, odd)); !errors.Is(err, odd) {
		t.Error(err)
	}
	if err := k.Destroy(t.Context(), keys.Pepper, 2, used(0, nil)); err == nil {
		t.Error("the newest was destroyed")
	}
	if err := k.Destroy(t.Context(), keys.Pepper, 9, used(0, nil)); err == nil {
		t.Error("nothing was destroyed")
	}
	if err := k.Destroy(t.Context(), keys.Pepper, 1, used(0, nil)); err != nil {
		t.Error(err)
	}
	if _, ok := k.MAC(keys.Pepper).Sum(1, nil); ok {
		t.Error("a destroyed key hashes")
	}
	old := k.Ring().Versions()[1]
	if err := k.Destroy(t.Context(), keys.Data, uint32(old), used(0, nil)); err != nil || len(k.Ring().Versions()) != 1 {
		t.Error(err, k.Ring().Versions())
	}
	if k.Durable() || !errors.Is(k.Rewrap(t.Context(), &marked{}), keys.ErrInMemory) {
		t.Error("keys in memory are kept")
	}
}

// TestWrapperFails says so, and what is in memory goes on.
func TestWrapperFails(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	w := &marked{mark: 'w'}
	k := open(t, f, w)
	kept, _ := os.ReadFile(string(f))
	w.down = true
	if _, err := keys.Open(t.Context(), f, w); !wrap.Down(err) {
		t.Error("down at start:", err)
	}
	if _, err := keys.Open(t.Context(), f+"2", w); !wrap.Down(err) {
		t.Error("down at the first start:", err)
	}
	if _, err := os.Stat(string(f) + "2"); err == nil {
		t.Error("keys were kept that nothing sealed")
	}
	if err := k.Rotate(t.Context(), keys.Pepper); !wrap.Down(err) {
		t.Error("down when keys rotate:", err)
	}
	if k.MAC(keys.Pepper).Newest() != 1 {
		t.Error("a key is used that was not kept")
	}
	sum(t, k.MAC(keys.Pepper), 1)
	w.down = false
	if now, _ := os.ReadFile(string(f)); !bytes.Equal(now, kept) {
		t.Error("the file was changed")
	}
	if _, err := keys.Open(t.Context(), f, &marked{mark: 'x'}); err == nil || wrap.Down(err) {
		t.Error("another wrapper:", err)
	}
	if err := k.Rewrap(t.Context(), &marked{mark: 'x'}); err != nil {
		t.Fatal(err)
	}
	if again := open(t, f, &marked{mark: 'x'}); sum(t, again.MAC(keys.Pepper), 1) != sum(t, k.MAC(keys.Pepper), 1) {
		t.Error("other keys")
	}
	for _, text := range []string{"", "{}", string(kept[:len(kept)/2])} {
		os.WriteFile(string(f), []byte(text), 0o600)
		if _, err := keys.Open(t.Context(), f, w); err == nil {
			t.Errorf("%q opens", text)
		}
		if now, _ := os.ReadFile(string(f)); string(now) != text {
			t.Error("a damaged file was written over")
		}
		if changed, err := k.Refresh(t.Context()); changed || err == nil {
			t.Error("a damaged file was taken")
		}
	}
}

// TestTwoStartAtOnce has programs that start together agree on their keys.
func TestTwoStartAtOnce(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	var all sync.WaitGroup
	ids := make(chan string, 8)
	for range cap(ids) {
		all.Go(func() {
			for { // as a service is started again
				k, err := keys.Open(context.Background(), f, &marked{mark: 'w'})
				if err == nil {
					ids <- k.Signing(later).ID
					return
				}
				if !errors.Is(err, keys.ErrRaced) {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	close(ids)
	want := open(t, f, &marked{mark: 'w'}).Signing(later).ID
	for id := range ids {
		if id != want {
			t.Error("two keys")
		}
	}
}

// TestLeftBehind goes on where a program ended while it wrote.
func TestLeftBehind(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	os.WriteFile(string(f)+".new", []byte("half"), 0o600)
	if _, err := keys.Open(t.Context(), f, &marked{}); !errors.Is(err, keys.ErrRaced) {
		t.Error("nobody else was waited for:", err)
	}
	old := time.Now().Add(-time.Hour)
	os.Chtimes(string(f)+".new", old, old)
	open(t, f, &marked{})
}

// TestNothingIsPrinted prints keys in the ways of programs.
func TestNothingIsPrinted(t *testing.T) {
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := k.Signing(later).Private().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d, x := new(big.Int).SetBytes(scalar).String(), new(big.Int).SetBytes(scalar).Text(16)
	var b strings.Builder
	for _, v := range []any{k, *k.Ring(), k.Signing(later), k.Verifying(), k.Data(), k.MAC(keys.Pepper), struct{ a any }{k.Signing(later)}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
			fmt.Fprintf(&b, format, v)
		}
		text, _ := json.Marshal(v)
		b.Write(text)
	}
	if strings.Contains(b.String(), d) || strings.Contains(b.String(), x) {
		t.Error("a key was printed")
	}
}

// TestDerive gives one secret for each version and purpose, the same at each
// start.
func TestDerive(t *testing.T) {
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	k := open(t, f, &marked{mark: 'w'})
	first := k.MAC(keys.Pepper).Derive("a")
	if err := k.Rotate(t.Context(), keys.Pepper); err != nil {
		t.Fatal(err)
	}
	both := open(t, f, &marked{mark: 'w'}).MAC(keys.Pepper).Derive("a")
	if len(first) != 1 || len(both) != 2 || !both[1].Equal(first[0].Reveal()) || both[0].Equal(first[0].Reveal()) || len(first[0].Reveal()) < 43 {
		t.Error("the secrets differ from those of before")
	}
	for _, other := range []trust.Secret{k.MAC(keys.Pepper).Derive("b")[1], k.MAC(keys.Nonces).Derive("a")[0]} {
		if other.Equal(first[0].Reveal()) {
			t.Error("two purposes have one secret")
		}
	}
}

// TestSum makes a hash with versions that are there.
func TestSum(t *testing.T) {
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	m := k.MAC(keys.Owners)
	if got, _ := m.Sum(1, []byte("a")); hmac.Equal(got[:], make([]byte, sha256.Size)) {
		t.Error("nothing was made")
	}
	if _, ok := m.Sum(2, []byte("a")); ok {
		t.Error("a version that is not there")
	}
	if _, ok := any(k.Signing(later).Public()).(*ecdsa.PublicKey); !ok {
		t.Error("no public half")
	}
}

func BenchmarkSum(b *testing.B) {
	k, err := keys.Generate()
	if err != nil {
		b.Fatal(err)
	}
	m := k.MAC(keys.Pepper)
	message := bytes.Repeat([]byte("k"), 43)
	b.ReportAllocs()
	for b.Loop() {
		m.Sum(1, message)
	}
}
