package ledger_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// book is a ledger on disk that was closed, and what it was before.
type book struct {
	t        *testing.T
	r        *rand.Rand
	dir      string
	size     int64
	earlier  string // a copy of what it was
	before   int64  // entries of that
	verifier note.Verifier
	files    []string // that an auditor reads
}

// newBook records entries of random lengths, in two runs of a gate. The first entry
// of each is of the log itself.
func newBook(t *testing.T, r *rand.Rand) *book {
	t.Helper()
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	b := &book{t: t, r: r, dir: filepath.Join(t.TempDir(), "ledger"), earlier: filepath.Join(t.TempDir(), "earlier")}
	b.record(ring, 1+r.IntN(600))
	b.before = b.report(ledger.Check{}).Checkpoint.Size
	if err := os.CopyFS(b.earlier, os.DirFS(b.dir)); err != nil {
		t.Fatal(err)
	}
	b.record(ring, 1+r.IntN(600))
	vkey, err := os.ReadFile(filepath.Join(b.dir, "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	if b.verifier, err = checkpoint.NewVerifier(strings.TrimSpace(string(vkey))); err != nil {
		t.Fatal(err)
	}
	b.size = b.report(ledger.Check{Verifier: b.verifier}).Checkpoint.Size
	filepath.WalkDir(filepath.Join(b.dir, "tile"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			short, _ := filepath.Rel(b.dir, name)
			b.files = append(b.files, filepath.ToSlash(short))
		}
		return err
	})
	b.files = append(b.files, "checkpoint")
	return b
}

func (b *book) record(ring *seal.Ring, n int) {
	b.t.Helper()
	l, err := ledger.Open(ledger.Options{Dir: b.dir, Origin: "test.example/1", Keys: ring, KeepFree: 1})
	if err != nil {
		b.t.Fatal(err)
	}
	for range n {
		entry := bytes.Repeat([]byte{'e'}, b.r.IntN(1+b.r.IntN(700)))
		ticket, err := l.Reserve(len(entry) + ledger.Overhead)
		if err == nil {
			err = ticket.Commit(entry)
		}
		if err != nil {
			b.t.Fatal(err)
		}
		ticket.Release()
	}
	if err := l.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) report(c ledger.Check) *ledger.Report {
	b.t.Helper()
	f, err := ledger.ReadFolder(b.dir)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	r, err := ledger.Verify(f, c)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *book) read(name string) []byte {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(name)))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// with has files hold other texts, nil for none, while do looks at them.
func (b *book) with(change map[string][]byte, do func()) {
	b.t.Helper()
	for name, text := range change {
		path := filepath.Join(b.dir, filepath.FromSlash(name))
		was := b.read(name)
		defer os.WriteFile(path, was, 0o600)
		err := os.Remove(path)
		if text != nil {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	do()
}

// at takes the name of a file of the tree apart.
func at(name string) (level int, index int64) {
	parts := strings.Split(strings.TrimPrefix(name, "tile/"), "/")
	if level = -1; parts[0] != "entries" {
		fmt.Sscan(parts[0], &level)
	}
	for _, p := range parts[1:] {
		n := int64(0)
		fmt.Sscanf(strings.TrimSuffix(strings.TrimPrefix(p, "x"), ".p"), "%03d", &n)
		if index = index*1000 + n; strings.HasSuffix(p, ".p") {
			break
		}
	}
	return level, index
}

// entryAt is the entry that a place of a file is about; -1 for the checkpoint.
func (b *book) entryAt(name string, offset int) int64 {
	if name == "checkpoint" {
		return -1
	}
	level, index := at(name)
	if level >= 0 {
		n := index*256 + int64(offset/tlog.HashSize)
		return n << (8 * level)
	}
	text, n := b.read(name), index*256
	for end := 0; ; n++ {
		if end += 2 + int(binary.BigEndian.Uint16(text[end:])); offset < end {
			return n
		}
	}
}

// located demands a fault that names the file and the entry.
func located(t *testing.T, what string, f *ledger.Fault, file string, index int64) {
	t.Helper()
	switch {
	case f == nil:
		t.Errorf("%s: it is not found", what)
	case f.File != file || f.Index != index:
		t.Errorf("%s: it is located at %d: %v", what, f.Index, f)
	}
}

// TestDamageIsLocated flips bytes, cuts, lengthens and removes files, and rewrites
// entries at random places of ledgers: each is found and located, and found by whoever
// verifies with other code.
func TestDamageIsLocated(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		b := newBook(t, r)
		if n, err := (outsider{b.dir}).verify(); err != nil || n != b.size || b.report(ledger.Check{Verifier: b.verifier}).Fault != nil {
			t.Fatalf("a whole ledger of %d: %d, %v", b.size, n, err)
		}
		for range 30 {
			b.flip()
			b.cut()
			b.rewrite()
			if t.Failed() {
				t.Fatalf("%d entries, and %d before", b.size, b.before)
			}
		}
		b.rollBack()
	}
}

// found has both verify what was changed.
func (b *book) found(what string, change map[string][]byte, file string, index int64) {
	b.t.Helper()
	b.with(change, func() {
		located(b.t, what, b.report(ledger.Check{Verifier: b.verifier}).Fault, file, index)
		if _, err := (outsider{b.dir}).verify(); err == nil {
			b.t.Errorf("%s: others do not find it", what)
		}
	})
}

func (b *book) flip() {
	name := b.files[b.r.IntN(len(b.files))]
	text := b.read(name)
	offset, bit := b.r.IntN(len(text)), byte(1)<<b.r.IntN(8)
	text[offset] ^= bit
	b.found(fmt.Sprintf("bit %#x of byte %d of %s", bit, offset, name), map[string][]byte{name: text}, name, b.entryAt(name, offset))
}

// cut removes the end of a file, or all of it, or puts something behind it.
func (b *book) cut() {
	name := b.files[b.r.IntN(len(b.files)-1)]
	text := b.read(name)
	kept := b.r.IntN(len(text))
	index := b.entryAt(name, kept)
	if level, n := at(name); level >= 0 { // a tile that has not its hashes is none
		index = n * 256 << (8 * level)
	}
	b.found(fmt.Sprintf("%s cut to %d bytes", name, kept), map[string][]byte{name: text[:kept]}, name, index)
	more := append(bytes.Clone(text), bytes.Repeat([]byte{0}, 1+b.r.IntN(40))...)
	level, after := at(name)
	if level < 0 { // behind the last of its entries
		after = b.entryAt(name, len(text)-1) + 1
	} else {
		after = after * 256 << (8 * level)
	}
	b.found(name+" with more behind it", map[string][]byte{name: more}, name, after)
	b.found(name+" removed", map[string][]byte{name: nil}, name, b.entryAt(name, 0))
}

// rewrite puts another entry in the place of one, and its hash into as many tiles
// above it as somebody who has not the key of the log may change.
func (b *book) rewrite() {
	i := b.r.Int64N(b.size)
	var bundle, leaves, uppers string
	for _, name := range b.files[:len(b.files)-1] {
		switch level, n := at(name); {
		case level == -1 && n == i/256:
			bundle = name
		case level == 0 && n == i/256:
			leaves = name
		case level == 1:
			uppers = name
		}
	}
	change, entry := map[string][]byte{}, bytes.Repeat([]byte{'x'}, b.r.IntN(500))
	text, start := b.read(bundle), 0
	for range i % 256 {
		start += 2 + int(binary.BigEndian.Uint16(text[start:]))
	}
	rest := text[start+2+int(binary.BigEndian.Uint16(text[start:])):]
	change[bundle] = slices.Concat(text[:start], binary.BigEndian.AppendUint16(nil, uint16(len(entry))), entry, rest)
	b.found(fmt.Sprintf("entry %d", i), change, bundle, i)

	hashes := b.read(leaves)
	copy(hashes[i%256*tlog.HashSize:], rfc6962.DefaultHasher.HashLeaf(entry))
	change[leaves] = hashes
	full := len(hashes) == 256*tlog.HashSize
	if !full { // only the root is above it
		b.found(fmt.Sprintf("entry %d and its hash", i), change, "checkpoint", -1)
		b.behind(change, i)
		return
	}
	b.found(fmt.Sprintf("entry %d and its hash", i), change, uppers, i/256*256)
	upper := b.read(uppers)
	copy(upper[i/256*tlog.HashSize:], rootOf(hashes))
	change[uppers] = upper
	b.found(fmt.Sprintf("entry %d and all hashes above it", i), change, "checkpoint", -1)
	b.behind(change, i)
}

// rootOf is the root of a full tile.
func rootOf(hashes []byte) []byte {
	if len(hashes) == tlog.HashSize {
		return hashes
	}
	half := len(hashes) / 2
	return rfc6962.DefaultHasher.HashChildren(rootOf(hashes[:half]), rootOf(hashes[half:]))
}

// behind has who knows the earlier checkpoint locate what only the root shows.
func (b *book) behind(change map[string][]byte, i int64) {
	b.t.Helper()
	head, err := outsider{b.earlier}.head()
	if err != nil {
		b.t.Fatal(err)
	}
	since := &checkpoint.Checkpoint{Origin: "test.example/1", Size: head.N, Root: head.Hash}
	index := int64(0)
	if i >= head.N {
		index = head.N
	}
	b.with(change, func() {
		f := b.report(ledger.Check{Verifier: b.verifier, Since: since}).Fault
		located(b.t, fmt.Sprintf("entry %d, since %d", i, head.N), f, "checkpoint", index)
	})
}

// rollBack puts the log back to what it was: whoever has seen more finds where it
// ends now, whoever knows only that finds nothing wrong.
func (b *book) rollBack() {
	head, err := outsider{b.dir}.head()
	if err != nil {
		b.t.Fatal(err)
	}
	now := b.dir
	b.dir = b.earlier
	defer func() { b.dir = now }()
	if n, err := (outsider{b.dir}).verify(); err != nil || n != b.before || b.report(ledger.Check{Verifier: b.verifier}).Fault != nil {
		b.t.Errorf("what it was: %d, %v", n, err)
	}
	f := b.report(ledger.Check{Verifier: b.verifier, Since: &checkpoint.Checkpoint{Origin: "test.example/1", Size: head.N, Root: head.Hash}}).Fault
	located(b.t, "an end that was removed", f, "checkpoint", b.before)
}

// TestEveryBitOfCheckpoints flips each bit of one.
func TestEveryBitOfCheckpoints(t *testing.T) {
	b := newBook(t, rand.New(rand.NewPCG(1, 2)))
	for offset := range b.read("checkpoint") {
		for bit := range 8 {
			text := b.read("checkpoint")
			text[offset] ^= 1 << bit
			b.with(map[string][]byte{"checkpoint": text}, func() {
				located(t, fmt.Sprintf("bit %d of byte %d", bit, offset), b.report(ledger.Check{Verifier: b.verifier}).Fault, "checkpoint", -1)
			})
		}
	}
}
