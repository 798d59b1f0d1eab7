package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// days has a log record n entries a day.
func days(t *testing.T, l *Log, from, to, n int) {
	t.Helper()
	for day := from; day < to; day++ {
		fill(t, l, n)
		time.Sleep(24 * time.Hour)
	}
}

// bundlesOf are the bundles that are there.
func bundlesOf(t *testing.T, disk *memDisk) (list []string) {
	t.Helper()
	names, err := disk.List("tile/entries")
	must(t, err)
	for _, n := range names {
		if !strings.HasSuffix(n, ".p") {
			list = append(list, n)
		}
	}
	return list
}

// TestPruneByAge: what is older goes, what is younger stays, the log says so, and
// what copies have of what went is not read any more, by anybody.
func TestPruneByAge(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	var copied [][]byte
	var left string
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		days(t, l, 0, 10, 300)
		must(t, Entries(disk, 0, 3000, func(_ int64, sealed []byte) error {
			copied = append(copied, slices.Clone(sealed))
			return nil
		}))
		if below, err := l.Prune(t.Context(), Bounds{Since: time.Now().Add(-30 * 24 * time.Hour)}); below != 0 || err != nil {
			t.Errorf("all is younger, and below %d nothing is left: %v", below, err)
		}
		below, err := l.Prune(t.Context(), Bounds{Since: time.Now().Add(-5 * 24 * time.Hour)})
		must(t, err)
		if below < 1200 || below > 1800 { // five days of ten, a stretch at a time, in whole bundles
			t.Errorf("below %d nothing is left", below)
		}
		left = fmt.Sprint(below)
		record(t, l, "after")
		must(t, l.Close())
	})
	v, keys := verifierOf(t, disk, ring)
	r, err := Verify(disk, Check{Verifier: v})
	must(t, err)
	if r.Fault != nil || fmt.Sprint(r.Deleted) != left || r.KeysBelow < 2 {
		t.Errorf("%+v", r)
	}
	unread := 0
	for i, sealed := range copied {
		_, err := keys.unseal(sealed)
		if int64(i) >= r.Deleted && err != nil {
			t.Fatalf("entry %d is there and is not read: %v", i, err)
		}
		if err != nil {
			unread++
		}
	}
	if unread < 600 {
		t.Errorf("of copies of %d deleted entries %d are not read any more", r.Deleted, unread)
	}
	if _, err := Prove(disk, headOf(t, disk), 5); err != nil {
		t.Errorf("the proof of an entry that was deleted: %v", err)
	}
	must(t, Entries(disk, 0, 1<<40, func(i int64, sealed []byte) error {
		if _, err := keys.unseal(sealed); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		return nil
	}))
}

func headOf(t *testing.T, disk *memDisk) []byte {
	t.Helper()
	_, head, err := Head(disk)
	must(t, err)
	return head
}

func verifierOf(t *testing.T, disk *memDisk, ring *seal.Ring) (note.Verifier, *keyring) {
	t.Helper()
	keys, err := readKeys(disk, ring, origin)
	must(t, err)
	v, err := checkpoint.NewVerifier(checkpoint.VerifierKey(keys.signer))
	must(t, err)
	return v, keys
}

// TestPruneBySize: the oldest go until the entries take what they may.
func TestPruneBySize(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		fill(t, l, 2000)
		time.Sleep(time.Minute)
		first, err := disk.Read("tile/entries/000", tile.MaxBundle)
		must(t, err)
		for _, most := range []int64{int64(len(first)) * 5, int64(len(first)) * 5, int64(len(first)) * 2} {
			if _, err := l.Prune(t.Context(), Bounds{Bytes: most}); err != nil {
				t.Fatal(err)
			}
			var sum int64
			for _, n := range bundlesOf(t, disk) {
				text, err := disk.Read("tile/entries/"+n, tile.MaxBundle)
				must(t, err)
				sum += int64(len(text))
			}
			if sum > most || sum+2*int64(len(first)) < most {
				t.Errorf("%d bytes are left of %d", sum, most)
			}
		}
		must(t, l.Close())
	})
}

// TestPruneCrashes stops a gate anywhere while it deletes. Afterwards the log is
// whole, whatever stays is read, and what is to go goes at the next time.
func TestPruneCrashes(t *testing.T) {
	ring, full := newRing(t), newDisk()
	var since time.Time
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: full, Origin: origin, Keys: ring})
		must(t, err)
		days(t, l, 0, 6, 300)
		since = time.Now().Add(-2 * 24 * time.Hour)
		must(t, l.Close())
	})
	first := rand.Uint64()
	for n := range uint64(max(10, crashes()/5)) {
		synctest.Test(t, func(t *testing.T) { pruneAndCrash(t, full, ring, since, first+n) })
		if t.Failed() {
			t.Fatalf("seed %d", first+n)
		}
	}
}

func pruneAndCrash(t *testing.T, full *memDisk, ring *seal.Ring, since time.Time, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 11))
	disk := full.crash(r) // a copy, of which all was synced
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	disk.mu.Lock()
	disk.stopAt = disk.calls + 1 + r.IntN(60)
	disk.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	l.Prune(ctx, Bounds{Since: since})
	cancel()
	l.Close()
	disk = disk.crash(r)
	l, err = Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	below := l.minimum()
	for _, n := range bundlesOf(t, disk) {
		if n < fmt.Sprintf("%03d", below/tile.Width) {
			t.Errorf("bundle %s is below %d, and is there after the start", n, below)
		}
	}
	must(t, l.Close())
	v, keys := verifierOf(t, disk, ring)
	report, err := Verify(disk, Check{Verifier: v})
	must(t, err)
	if report.Fault != nil || report.Deleted != below { // nothing is said to be gone that is there
		t.Errorf("below %d: %+v", below, report)
	}
	if first := keys.body.Sealing[0].Number; first < report.KeysBelow {
		t.Errorf("the key %d is there, and all below %d are said to be destroyed", first, report.KeysBelow)
	}
	must(t, Entries(disk, 0, 1<<40, func(i int64, sealed []byte) error {
		if _, err := keys.unseal(sealed); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		return nil
	}))
	l, err = Open(Options{Files: disk, Origin: origin, Keys: ring})
	must(t, err)
	if below, err := l.Prune(t.Context(), Bounds{Since: since}); err != nil || below < 900 {
		t.Errorf("below %d, %v", below, err)
	}
	must(t, l.Close())
}

// TestEntriesOfEarlierKeys: a key that comes late into the tree is not destroyed
// too early: the next stretch does not begin before all of the last came in.
func TestEntriesOfEarlierKeys(t *testing.T) {
	ring, disk := newRing(t), newDisk()
	keys, err := makeKeys(disk, ring, origin)
	must(t, err)
	late := keys.seal(nil, []byte("late"))
	must(t, keys.turn(disk, ring, 300, 0, nil))
	must(t, keys.turn(disk, ring, 600, 0, [][]byte{keys.seal(nil, nil), late}))
	if n := len(keys.body.Sealing); n != 2 {
		t.Errorf("%d stretches, and an entry of the first came in now", n)
	}
	must(t, keys.turn(disk, ring, 900, 0, [][]byte{keys.seal(nil, nil)}))
	for below, want := range map[int64]uint32{0: 1, 300: 1, 899: 1, 900: 2, 5000: 2} {
		if got := keys.spent(below); got != want {
			t.Errorf("below %d the first key that is needed is %d, not %d", below, got, want)
		}
	}
	must(t, keys.destroy(disk, ring, 1024))
	if _, err := keys.unseal(late); err == nil {
		t.Error("an entry is read whose key was destroyed")
	}
	again, err := readKeys(disk, ring, origin)
	must(t, err)
	if _, err := again.unseal(late); err == nil {
		t.Error("the key is on the disk still")
	}
}
