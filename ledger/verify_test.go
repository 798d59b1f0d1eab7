package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// made is a log that was closed, of so many entries in steps.
func made(t *testing.T, ring *seal.Ring, sizes ...int) (*memDisk, note.Verifier, *keyring) {
	t.Helper()
	disk := newDisk()
	var keys *keyring
	for i, n := range sizes {
		before := 0
		if i > 0 {
			before = sizes[i-1]
		}
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		fill(t, l, n-before)
		must(t, l.Close())
		keys = l.keys
	}
	v, err := checkpoint.NewVerifier(checkpoint.VerifierKey(keys.signer))
	must(t, err)
	return disk, v, keys
}

// TestVerify plants one fault after the other in a log of 700 entries: each is
// found, and said where it is.
func TestVerify(t *testing.T) {
	ring := newRing(t)
	for _, c := range []struct {
		name  string
		harm  func(d *memDisk, k *keyring)
		file  string
		index int64
		text  string
	}{
		{"whole", func(*memDisk, *keyring) {}, "", 0, ""},
		{"a-flipped-byte", func(d *memDisk, _ *keyring) { flip(d, "tile/entries/001", 0, 100) }, "tile/entries/001", 258, "it was changed"},
		{"a-flipped-length", func(d *memDisk, _ *keyring) { flip(d, "tile/entries/001", 0, 0) }, "tile/entries/001", 256, "it was changed"},
		{"the-last-bundle", func(d *memDisk, _ *keyring) { flip(d, "tile/entries/002.p/188", -1, 0) }, "tile/entries/002.p/188", 699, "it was changed"},
		{"a-tile", func(d *memDisk, _ *keyring) { flip(d, "tile/0/000", 0, 5*32) }, "tile/0/000", 5, "the tree above has the entry"},
		{"the-last-tile", func(d *memDisk, _ *keyring) { flip(d, "tile/0/002.p/188", 0, 5*32) }, "tile/0/002.p/188", 517, "the tree above has the entry"},
		{"an-upper-tile", func(d *memDisk, _ *keyring) { flip(d, "tile/1/000.p/2", 0, 32) }, "tile/1/000.p/2", 256, "tile/0/001"},
		{"an-entry-and-its-hash", func(d *memDisk, _ *keyring) { rewrite(d, 300) }, "tile/1/000.p/2", 256, "in the 256 entries from here on"},
		{"all-of-it", func(d *memDisk, _ *keyring) { rewrite(d, 690) }, "checkpoint", -1, "not those that were signed"},
		{"a-missing-bundle", func(d *memDisk, _ *keyring) { d.Remove("tile/entries/001") }, "tile/entries/001", 256, "it is missing, and the log does not say"},
		{"a-missing-end", func(d *memDisk, _ *keyring) { d.Remove("tile/entries/002.p/188") }, "tile/entries/002.p/188", 512, "it is missing"},
		{"a-missing-tile", func(d *memDisk, _ *keyring) { d.Remove("tile/0/001") }, "tile/0/001", 256, "it is missing"},
		{"a-shorter-bundle", func(d *memDisk, _ *keyring) { n := d.find("tile/entries/000"); n.text = n.text[:len(n.text)-9] }, "tile/entries/000", 255, "not a bundle"},
		{"another-size", func(d *memDisk, _ *keyring) {
			n := d.find(checkpointFile)
			n.text = bytes.Replace(n.text, []byte("\n700\n"), []byte("\n699\n"), 1)
		}, "checkpoint", -1, "not signed"},
		{"another-log", func(d *memDisk, _ *keyring) {
			other, _, _ := made(t, ring, 700)
			d.root.names = other.root.names
		}, "checkpoint", -1, "not signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk, v, keys := made(t, ring, 300, 700)
			c.harm(disk, keys)
			r, err := Verify(disk, Check{Verifier: v})
			must(t, err)
			switch {
			case c.file == "" && r.Fault != nil:
				t.Errorf("a fault where there is none: %v", r.Fault)
			case c.file != "" && r.Fault == nil:
				t.Error("it was not found")
			case c.file != "" && (r.Fault.File != c.file || r.Fault.Index != c.index || !strings.Contains(r.Fault.Text, c.text)):
				t.Errorf("it says %v (%d)", r.Fault, r.Fault.Index)
			}
		})
	}
}

func flip(d *memDisk, name string, from, at int) {
	n := d.find(name)
	n.text = slices.Clone(n.text)
	if from < 0 {
		at = len(n.text) - 1
	}
	n.text[at] ^= 1
}

// rewrite changes an entry, and its hash in the tile above it.
func rewrite(d *memDisk, index int64) {
	c, _, _ := Head(d)
	at := tile.Containing(0, index, c.Size)
	bundle := d.find(tile.At{Level: tile.Entries, Index: at.Index, Width: at.Width}.Path())
	list, _ := tile.Split(bundle.text, at.Width)
	var text []byte
	for i, e := range list {
		if int64(i) == index%tile.Width {
			e = append(slices.Clone(e[:len(e)-1]), 'x')
			h := tile.Leaf(e)
			n := d.find(at.Path())
			n.text = slices.Clone(n.text)
			copy(n.text[i*tile.HashSize:], h[:])
		}
		text = tile.AppendEntry(text, e)
	}
	bundle.text = text
}

// TestSince holds a log to what it was: gone on, cut, rewritten by who has its key.
func TestSince(t *testing.T) {
	ring := newRing(t)
	disk, v, _ := made(t, ring, 300, 700)
	var earlier, later checkpoint.Checkpoint
	for _, text := range disk.signed {
		c, err := checkpoint.Open(text, v)
		must(t, err)
		if c.Size == 300 {
			earlier = c
		}
		later = c
	}
	if r, err := Verify(disk, Check{Verifier: v, Since: &earlier}); err != nil || r.Fault != nil {
		t.Errorf("%v, %v", r.Fault, err)
	}
	c := later
	p, err := Consistency(disk, c, earlier.Size)
	must(t, err)
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 300, 700, raw(p), earlier.Root[:], c.Root[:]); err != nil {
		t.Error(err)
	}
	cut, cv, _ := made(t, ring, 300)
	if r, err := Verify(cut, Check{Verifier: cv, Since: &later}); err != nil || r.Fault == nil || r.Fault.Index != 300 || !strings.Contains(r.Fault.Text, "had 700 entries before") {
		t.Errorf("%v, %v", r.Fault, err)
	}
	other, ov, _ := made(t, ring, 700) // other entries: their nonces are others
	if r, err := Verify(other, Check{Verifier: ov, Since: &earlier}); err != nil || r.Fault == nil || !strings.Contains(r.Fault.Text, "some of them were rewritten") {
		t.Errorf("%v, %v", r.Fault, err)
	}
}

// TestProve proves entries to code that is not ours.
func TestProve(t *testing.T) {
	ring := newRing(t)
	disk, v, _ := made(t, ring, 300, 700)
	_, head, err := Head(disk)
	must(t, err)
	for _, index := range []int64{0, 255, 256, 299, 511, 512, 699} {
		p, err := Prove(disk, head, index)
		must(t, err)
		p, err = checkpoint.ParseProof(p.Text())
		must(t, err)
		must(t, Entries(disk, index, index+1, func(i int64, sealed []byte) error {
			if c, err := p.Verify(tile.Leaf(sealed), v); err != nil || c.Size != 700 || i != index {
				t.Errorf("entry %d: %+v, %v", index, c, err)
			}
			c, leaf := v, tile.Leaf(sealed)
			head, err := checkpoint.Open(p.Checkpoint, c)
			must(t, err)
			return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), 700, leaf[:], raw(p.Hashes), head.Root[:])
		}))
	}
	for _, index := range []int64{-1, 700} {
		if _, err := Prove(disk, head, index); err != ErrNoEntry {
			t.Errorf("entry %d: %v", index, err)
		}
	}
}

// TestShow decrypts with the keys of the gate, and with no others.
func TestShow(t *testing.T) {
	ring := newRing(t)
	disk, _, _ := made(t, ring, 300)
	open, err := Opener(disk, ring)
	must(t, err)
	n := 0
	must(t, Entries(disk, 10, 299, func(index int64, sealed []byte) error {
		plain, err := open(sealed)
		if err != nil || string(plain) != fmt.Sprintf("entry %d", index) {
			t.Errorf("entry %d: %q, %v", index, plain, err)
		}
		n++
		return nil
	}))
	if n != 289 {
		t.Errorf("%d entries were shown", n)
	}
	if _, err := Opener(disk, newRing(t)); err == nil {
		t.Error("the keys of another gate open it")
	}
	for name, node := range disk.find("tile/entries").names {
		if bytes.Contains(node.text, []byte("entry")) {
			t.Errorf("%s is not encrypted", name)
		}
	}
}

// TestRetain deletes entries: the log says so, proofs hold, and a start finishes
// what was interrupted.
func TestRetain(t *testing.T) {
	ring := newRing(t)
	disk, v, _ := made(t, ring, 1100)
	synctest.Test(t, func(t *testing.T) {
		l, err := Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		disk.mu.Lock()
		disk.fail = func(call string) error {
			if call == "remove tile/entries/002" {
				return errDisk
			}
			return nil
		}
		disk.mu.Unlock()
		if _, err := l.Retain(t.Context(), 800); err == nil {
			t.Error("a bundle that stays is not spoken of")
		}
		disk.mu.Lock()
		disk.fail = nil
		disk.mu.Unlock()
		must(t, l.Close())
		l, err = Open(Options{Files: disk, Origin: origin, Keys: ring})
		must(t, err)
		if below, err := l.Retain(t.Context(), 800); err != nil || below != 768 {
			t.Errorf("below %d, %v", below, err)
		}
		time.Sleep(3 * time.Second)
		must(t, l.Close())
	})
	if names, _ := disk.List("tile/entries"); !slices.Equal(names, []string{"003", "004.p"}) {
		t.Errorf("left are %q", names)
	}
	r, err := Verify(disk, Check{Verifier: v})
	must(t, err)
	if r.Fault != nil || r.Deleted != 768 || r.Checkpoint.Size != 1101 {
		t.Errorf("%+v", r)
	}
	_, head, err := Head(disk)
	must(t, err)
	if _, err := Prove(disk, head, 5); err != nil {
		t.Errorf("the proof of an entry that was deleted: %v", err)
	}
	must(t, disk.Remove("tile/entries/003"))
	if r, err := Verify(disk, Check{Verifier: v}); err != nil || r.Fault == nil || r.Fault.File != "tile/entries/003" {
		t.Errorf("one more is missing: %v, %v", r.Fault, err)
	}
}

// appendRecord appends a record as a segment has it.
func appendRecord(b []byte, index, synced int64, entry []byte) []byte {
	start := len(b)
	b = append(append(b, make([]byte, recordHead)...), entry...)
	finishRecord(b[start:], index, synced)
	return b
}

// FuzzSegment reads segments that were damaged: what reads is what was written,
// and no record that was synced is taken for a torn one.
func FuzzSegment(f *testing.F) {
	text := appendSegmentHead(nil, 1, 5)
	text = appendRecord(text, 5, 5, []byte("one"))
	text = appendRecord(text, 6, 5, []byte("two"))
	text = appendRecord(text, 7, 7, nil)
	f.Add(text, int64(6))
	f.Add(text[:len(text)-3], int64(7))
	f.Fuzz(func(t *testing.T, text []byte, next int64) {
		s, ok := parseSegment(text, 1)
		if ok {
			back := appendSegmentHead(nil, 1, s.first)
			rest := text[segmentHead:]
			for i, e := range s.entries {
				_, index, synced, _ := parseRecord(rest)
				back = appendRecord(back, index, synced, e)
				if index != s.first+int64(i) {
					t.Errorf("entry %d has index %d", i, index)
				}
				rest = rest[recordHead+len(e):]
			}
			if !bytes.Equal(append(back, s.rest...), text) {
				t.Errorf("%s was read as %s", base64.StdEncoding.EncodeToString(text), base64.StdEncoding.EncodeToString(back))
			}
		}
		lost(s.rest, max(next, 0))
	})
}
