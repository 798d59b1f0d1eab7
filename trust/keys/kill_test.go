package keys_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// childFile names the keys for the child of a test, which wraps them anew until
// it is killed.
const childFile = "GATEHOUSE_TEST_KEYS_CHILD"

func TestMain(m *testing.M) {
	if f := os.Getenv(childFile); f != "" {
		fmt.Fprintln(os.Stderr, rewrapForEver(keys.File(f)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// wrappers are the two that the keys go between.
func wrappers() [2]*marked { return [2]*marked{{mark: 'a'}, {mark: 'b'}} }

// openAny opens keys by whichever wrapper they are wrapped with.
func openAny(ctx context.Context, f keys.File) (*keys.Keys, int, error) {
	both := wrappers()
	k, err := keys.Open(ctx, f, both[0])
	if err == nil {
		return k, 0, nil
	}
	k, err = keys.Open(ctx, f, both[1])
	return k, 1, err
}

// rewrapForEver says each time that it has wrapped the keys anew.
func rewrapForEver(f keys.File) error {
	ctx, end := context.WithTimeout(context.Background(), time.Minute)
	defer end()
	k, now, err := openAny(ctx, f)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		now = 1 - now
		if err := k.Rewrap(ctx, wrappers()[now]); err != nil {
			return err
		}
		fmt.Println(now)
	}
	return ctx.Err()
}

// TestKilledWhileWrapping kills who wraps the keys anew, while a gate uses them
// and reads them again. The keys are whole under the one wrapper or the other,
// and stay the same keys.
func TestKilledWhileWrapping(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := keys.File(filepath.Join(t.TempDir(), "k"))
	gate := open(t, f, wrappers()[0])
	at := seal.At{Table: "t", Column: "c", Row: "r"}
	sealed, err := gate.Data().Seal([]byte("value"), at)
	if err != nil {
		t.Fatal(err)
	}
	want, signer := sum(t, gate.MAC(keys.Pepper), 1), gate.Signing(later).ID
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for ctx.Err() == nil {
				if got, ok := gate.MAC(keys.Pepper).Sum(1, []byte("message")); !ok || got != want {
					t.Error("another key hashes")
				}
				if v, err := gate.Data().Open(sealed, at); err != nil || !bytes.Equal(v, []byte("value")) {
					t.Error("a value does not open:", err)
				}
			}
		})
	}
	load.Go(func() { // as a gate does at each reload: one of the two wrappers opens them
		for i := 0; ctx.Err() == nil; i++ {
			if err := gate.Reopen(t.Context(), wrappers()[i%2]); err != nil && err.Error() != "marked: it is not mine" {
				t.Error("the keys cannot be read again:", err)
				return
			}
		}
	})
	for round := range 12 {
		child := exec.Command(self)
		child.Env = append(os.Environ(), childFile+"="+string(f))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := 0
		for lines := bufio.NewScanner(out); lines.Scan(); said++ {
			if said == 3 {
				// Somewhere within what it does next: not at the line itself.
				time.AfterFunc(time.Duration(round)*150*time.Microsecond, func() { child.Process.Kill() })
			}
		}
		child.Wait()
		if said < 3 {
			t.Fatalf("the child said %d lines", said)
		}
		k, _, err := openAny(t.Context(), f)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if sum(t, k.MAC(keys.Pepper), 1) != want || k.Signing(later).ID != signer {
			t.Errorf("round %d: other keys", round)
		}
		if v, err := k.Data().Open(sealed, at); err != nil || string(v) != "value" {
			t.Errorf("round %d: %q, %v", round, v, err)
		}
		// What it was writing is waited for, for a minute.
		half := string(f) + ".new"
		if _, err := os.Stat(half); err == nil {
			if err := k.Rewrap(t.Context(), wrappers()[0]); !errors.Is(err, keys.ErrRaced) {
				t.Errorf("round %d: who was killed is not waited for: %v", round, err)
			}
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(half, old, old); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.Rewrap(t.Context(), wrappers()[round%2]); err != nil {
			t.Errorf("round %d: nobody can go on: %v", round, err)
		}
	}
	stop()
	load.Wait()
}
