package store_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// rings are a ring and its successor.
func rings(t testing.TB) (old, fresh *seal.Ring) {
	t.Helper()
	old, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	if fresh, err = old.Rotate(); err != nil {
		t.Fatal(err)
	}
	return old, fresh
}

// fill keeps n sealed values, and one setting that is not.
func fill(t *testing.T, s *store.Store, by seal.Sealer, n int) {
	t.Helper()
	for i := range n {
		if err := s.SetSecretSetting(t.Context(), by, fmt.Sprintf("name %03d ü", i), fmt.Append(nil, "value ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetSetting(t.Context(), "secretive", []byte("in clear")); err != nil {
		t.Fatal(err)
	}
}

// opened holds all values to what fill has kept, or a writer since.
func opened(t *testing.T, s *store.Store, by seal.Sealer, n int) {
	t.Helper()
	for i := range n {
		got, err := s.SecretSetting(t.Context(), by, fmt.Sprintf("name %03d ü", i))
		if want := fmt.Sprint("value ", i); err != nil || strings.TrimSuffix(string(got), "!") != want {
			t.Fatalf("%d: %q, %v", i, got, err)
		}
	}
}

// sealedAnew seals all values with the newest key while somebody writes, and
// leaves what is in clear.
func sealedAnew(t *testing.T, s *store.Store) {
	const n = 104 // more than one transaction has
	old, fresh := rings(t)
	fill(t, s, old, n)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ctx.Err() == nil; i = (i + 7) % n {
			if err := s.SetSecretSetting(t.Context(), fresh, fmt.Sprintf("name %03d ü", i), fmt.Append(nil, "value ", i, "!")); err != nil {
				t.Error(err)
			}
		}
	})
	p, err := seal.Reseal(store.By(t.Context(), "somebody"), fresh, s.Secrets(), seal.Progress{}, nil)
	stop()
	writer.Wait()
	if err != nil || !p.Done || p.Seen != n {
		t.Fatalf("%+v, %v", p, err)
	}
	if p, err = seal.Reseal(t.Context(), fresh, s.Secrets(), seal.Progress{}, nil); err != nil || p.Resealed != 0 {
		t.Errorf("the second time: %+v, %v", p, err)
	}
	said := map[string]int{}
	if err := s.Changes(t.Context(), 0, 10, func(c store.Change) error {
		said[c.By+" "+c.Operation+" "+c.On]++
		return nil
	}); err != nil || len(said) != 1 || said["somebody seal anew data "+fresh.Newest().String()] == 0 {
		t.Errorf("on record is %v: %v", said, err)
	}
	used, err := seal.InUse(t.Context(), s.Secrets())
	if err != nil || used[fresh.Newest()] != n || len(used) != 1 {
		t.Errorf("%v, %v", used, err)
	}
	without, err := fresh.Without(old.Newest())
	if err != nil {
		t.Fatal(err)
	}
	opened(t, s, without, n)
	if v, err := s.Setting(t.Context(), "secretive"); err != nil || string(v) != "in clear" {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := s.Secrets().Replace(t.Context(), []seal.Change{{At: seal.At{Table: "settings", Column: "value", Row: "secretive"}, Old: []byte("in clear"), New: []byte("x")}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a row in clear is sealed: %v", err)
	}
}

// keysUnder counts the keys that need a pepper.
func keysUnder(t *testing.T, s *store.Store) {
	for id, change := range map[string]func(*store.Key){
		"good": func(*store.Key) {}, "other": func(k *store.Key) { k.Pepper = "p2" }, "ended": func(k *store.Key) { k.Expires = now },
		"ends": func(k *store.Key) { k.Expires = now.Add(time.Second) }, "void": func(k *store.Key) { k.Revoked = now }, "test": func(k *store.Key) { k.Environment, k.Expires = "test", time.Time{} },
	} {
		k := key(id)
		change(k)
		if err := s.AddKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	for pepper, want := range map[string]int{"p1": 3, "p2": 1, "p3": 0} {
		if n, err := s.KeysUnder(t.Context(), pepper, now); err != nil || n != want {
			t.Errorf("%s: %d, want %d: %v", pepper, n, want, err)
		}
	}
}

// childRing has a ring for children that seal anew until they are killed.
const childRing = "GATEHOUSE_TEST_STORE_RING"

// resealForEver seals anew with fresh keys, again and again, and says each one
// before it uses it, and whenever a transaction has ended.
func resealForEver(path, text string) error {
	ring, err := ringOf(text)
	if err != nil {
		return err
	}
	settings := store.Settings{SQLite: path}
	if strings.HasPrefix(path, "postgres:") {
		settings = store.Settings{Postgres: trust.NewSecret(path)}
	}
	s, err := store.Open(settings)
	if err != nil {
		return err
	}
	ctx, end := endless()
	defer end()
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	for range seal.MaxVersions - 2 {
		if ring, err = ring.Rotate(); err != nil {
			return err
		}
		text, err := ring.Reveal()
		if err != nil {
			return err
		}
		fmt.Println("ring", base64.StdEncoding.EncodeToString(text))
		if _, err := seal.Reseal(ctx, ring, s.Secrets(), seal.Progress{}, func(p seal.Progress) { fmt.Println("seen", p.Seen) }); err != nil {
			return err
		}
	}
	return errors.New("nobody has killed it")
}

func ringOf(text string) (*seal.Ring, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return seal.Read(raw)
}

// TestKilledWhileSealingAnew kills who seals anew in the middle, while others
// read. Every value opens all the time, and who goes on comes to the end.
func TestKilledWhileSealingAnew(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const n = 104                          // more than one transaction has
	for _, after := range []int{2, 3, 8} { // lines: in the first walk, and later
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gatehouse.db")
			s := open(t, store.Settings{SQLite: path})
			ring, err := seal.New()
			if err != nil {
				t.Fatal(err)
			}
			fill(t, s, ring, n)
			text, _ := ring.Reveal()
			child := exec.Command(self)
			child.Env = append(os.Environ(), childStore+"="+path, childRing+"="+base64.StdEncoding.EncodeToString(text))
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			lines := 0
			for scan := bufio.NewScanner(out); scan.Scan(); lines++ {
				if text, ok := strings.CutPrefix(scan.Text(), "ring "); ok {
					if ring, err = ringOf(text); err != nil {
						t.Fatal(err)
					}
				}
				if lines+1 == after {
					child.Process.Kill()
				} else if lines+1 < after {
					opened(t, s, ring, 3) // under load
				}
			}
			child.Wait()
			if lines < after {
				t.Fatalf("the child said %d lines", lines)
			}
			opened(t, s, ring, n)
			p, err := seal.Reseal(t.Context(), ring, s.Secrets(), seal.Progress{}, nil)
			if err != nil || p.Seen != n {
				t.Fatalf("%+v, %v", p, err)
			}
			if used, err := seal.InUse(t.Context(), s.Secrets()); err != nil || used[ring.Newest()] != n || len(used) != 1 {
				t.Errorf("%v, %v", used, err)
			}
		})
	}
}
