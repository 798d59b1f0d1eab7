package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

const origin = "gate.example/n1"

func newRing(t testing.TB) *seal.Ring {
	t.Helper()
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// crashes is how many of them are tried; GATEHOUSE_CRASHES says another number.
func crashes() int {
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_CRASHES")); err == nil {
		return n
	}
	return 1000
}

// TestCrashes stops a gate in the middle of whatever it does, loses what was not
// synced, starts it again, and so on. Whatever was acknowledged is in the log, at
// one place, and every checkpoint that anybody may have seen goes together with
// the last one.
func TestCrashes(t *testing.T) {
	ring := newRing(t)
	first := rand.Uint64()
	for n := range uint64(crashes()) {
		seed := first + n
		synctest.Test(t, func(t *testing.T) { crashOften(t, ring, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func crashOften(t *testing.T, ring *seal.Ring, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	disk := newDisk()
	var acknowledged []string
	for life := range 1 + r.IntN(3) {
		disk.stopAt = disk.calls + 1 + r.IntN(10+r.IntN(190))
		if r.IntN(3) == 0 { // and before that, calls fail now and then
			falters := rand.New(rand.NewPCG(seed, uint64(life)))
			disk.fail = func(string) error {
				if falters.IntN(25) == 0 {
					return errDisk
				}
				return nil
			}
		}
		acknowledged = append(acknowledged, live(r, disk, ring, life)...)
		disk = disk.crash(r)
	}
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
	if err != nil {
		t.Errorf("after the crash the ledger does not open: %v", err)
		return
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	hold(t, disk, l.keys, acknowledged)
}

// live is one life of a gate that ends at once. It returns what was acknowledged.
func live(r *rand.Rand, disk *memDisk, ring *seal.Ring, life int) (acknowledged []string) {
	segment := []int{0, 200, 2000}[r.IntN(3)] // short ones end in the midst of all else
	l, err := Open(Options{Files: disk, Origin: origin, Keys: ring, Every: time.Duration(1+r.IntN(3)) * time.Millisecond, segment: segment})
	if err != nil {
		return nil
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	bulk := r.IntN(600) // crosses the end of bundles
	for range bulk {
		if ticket, err := l.Reserve(100 + Overhead); err == nil {
			ticket.Commit(fmt.Appendf(nil, "bulk %d", life))
			ticket.Release()
		}
	}
	for w := range 1 + r.IntN(4) {
		all.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("life %d writer %d entry %d", life, w, i)
				ticket, err := l.Reserve(len(id) + Overhead)
				if err != nil && disk.stopped() {
					return
				} else if err != nil {
					time.Sleep(100 * time.Millisecond) // the disk may be better then
					continue
				}
				err = ticket.Durable(ctx, []byte(id))
				ticket.Release()
				if errors.Is(err, errPower) {
					return
				} else if err != nil {
					continue // it may be on record or not
				}
				mu.Lock()
				acknowledged = append(acknowledged, id)
				mu.Unlock()
				if i%4 == w {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	cancel()
	l.Close()
	return acknowledged
}

// hold reads a log with code that is not the ledger's and looks for what must be
// in it.
func hold(t *testing.T, disk *memDisk, keys *keyring, acknowledged []string) {
	t.Helper()
	disk.stopAt = 0
	verifier, err := checkpoint.NewVerifier(checkpoint.VerifierKey(keys.signer))
	if err != nil {
		t.Fatal(err)
	}
	text, err := disk.Read(checkpointFile, checkpoint.MaxText)
	if err != nil {
		t.Fatal(err)
	}
	last, err := checkpoint.Open(text, verifier)
	if err != nil {
		t.Fatal(err)
	}
	where, stored := entriesOf(t, disk, keys, last)
	for _, id := range acknowledged {
		list := where[id]
		if len(list) != 1 {
			t.Errorf("%q was acknowledged and is in the log %d times", id, len(list))
			return
		}
		p, err := tlog.ProveRecord(last.Size, list[0], tile.Reader{Size: last.Size, Read: func(at tile.At) ([]byte, error) { return disk.Read(at.Path(), 1<<20) }})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := stored.ReadHashes([]int64{tlog.StoredHashIndex(0, list[0])})
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(list[0]), uint64(last.Size), leaf[0][:], raw(p), last.Root[:]); err != nil {
			t.Errorf("entry %d: %v", list[0], err)
		}
	}
	for _, text := range disk.signed {
		c, err := checkpoint.Open(text, verifier)
		if err != nil {
			if c, err = checkpoint.Unverified(text); err == nil && c.Size == 0 {
				continue // by keys that a crash took before anything was recorded
			}
			t.Errorf("a checkpoint was signed by another key: %v", err)
			continue
		}
		if c.Size == 0 {
			continue
		}
		p, err := tlog.ProveTree(last.Size, c.Size, stored)
		if err != nil {
			t.Errorf("a checkpoint of %d entries was to be seen, and the log has %d: %v", c.Size, last.Size, err)
			continue
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(c.Size), uint64(last.Size), raw(p), c.Root[:], last.Root[:]); err != nil {
			t.Errorf("the log of %d entries does not go on from that of %d: %v", last.Size, c.Size, err)
		}
	}
}

// entriesOf reads every entry, says where each text is, and builds the tree anew
// with the code of the Go project.
func entriesOf(t *testing.T, disk *memDisk, keys *keyring, c checkpoint.Checkpoint) (map[string][]int64, tlog.HashReader) {
	t.Helper()
	where := map[string][]int64{}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(list []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(list))
		for i, x := range list {
			if x >= int64(len(stored)) {
				return nil, fmt.Errorf("the tree has no hash %d", x)
			}
			out[i] = stored[x]
		}
		return out, nil
	})
	for i := int64(0); i < c.Size; {
		n := int(min(tile.Width, c.Size-i))
		at := tile.At{Level: tile.Entries, Index: i / tile.Width, Width: n}
		text, err := disk.Read(at.Path(), tile.MaxBundle)
		if err != nil {
			t.Fatal(err)
		}
		list, err := tile.Split(text, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			plain, err := keys.unseal(e)
			if err != nil {
				t.Fatalf("entry %d: %v", i, err)
			}
			where[string(plain)] = append(where[string(plain)], i)
			more, err := tlog.StoredHashes(i, e, reader)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, more...)
			i++
		}
	}
	root, err := tlog.TreeHash(c.Size, reader)
	if c.Size > 0 && (err != nil || root != c.Root) {
		t.Errorf("the root of the entries is %v, and the checkpoint has %v (%v)", root, c.Root, err)
	}
	return where, reader
}

func raw(list []tlog.Hash) (out [][]byte) {
	for i := range list {
		out = append(out, list[i][:])
	}
	return out
}
