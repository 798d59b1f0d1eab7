package tile

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

func TestPath(t *testing.T) {
	for _, c := range []struct {
		at   At
		want string
	}{
		{At{0, 0, Width}, "tile/0/000"},
		{At{0, 999, Width}, "tile/0/999"},
		{At{1, 1000, Width}, "tile/1/x001/000"},
		{At{0, 1234067, Width}, "tile/0/x001/x234/067"}, // the example of C2SP tlog-tiles
		{At{0, 273, 112}, "tile/0/273.p/112"},
		{At{Entries, 273, 112}, "tile/entries/273.p/112"},
	} {
		if got := c.at.Path(); got != c.want {
			t.Errorf("%+v is named %s, want %s", c.at, got, c.want)
		}
		if back, err := ParsePath(c.want); err != nil || back != c.at {
			t.Errorf("%s is read as %+v, %v", c.want, back, err)
		}
	}
	for _, bad := range []string{"", "tile/0/", "tile/00/000", "tile/8/000", "tile/0/x000/000", "tile/0/1", "tile/0/000.p/256", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/x001", "tile/-1/000", "tile/0/+01", "../tile/0/000"} {
		if at, err := ParsePath(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, at)
		}
	}
}

// tree grows a log in memory and keeps its tiles.
type tree struct {
	Frontier
	tiles map[string][]byte
}

func (g *tree) add(entry []byte) {
	if g.tiles == nil {
		g.tiles = map[string][]byte{}
	}
	g.Add(Leaf(entry), func(at At, list []Hash) { g.tiles[at.Path()] = AppendHashes(nil, list) })
}

func (g *tree) reader() Reader {
	g.Edge(func(at At, list []Hash) { g.tiles[at.Path()] = AppendHashes(nil, list) })
	return Reader{g.Size(), func(at At) ([]byte, error) {
		text, ok := g.tiles[at.Path()]
		if !ok {
			return nil, fmt.Errorf("no tile %s", at.Path())
		}
		return text, nil
	}}
}

func entry(i int64) []byte { return fmt.Appendf(nil, "entry %d", i) }

// TestFrontier grows a tree over three levels and holds its roots and proofs to
// those of tlog and of transparency-dev/merkle.
func TestFrontier(t *testing.T) {
	const size = 66_000
	var g tree
	var stored []tlog.Hash // as tlog keeps them
	read := tlog.HashReaderFunc(func(list []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(list))
		for i, x := range list {
			out[i] = stored[x]
		}
		return out, nil
	})
	if got, want := g.Root(), rfc6962.DefaultHasher.EmptyRoot(); !bytes.Equal(got[:], want) {
		t.Errorf("the empty tree has root %v", got)
	}
	var before Hash // of 300 leaves
	for i := range int64(size) {
		g.add(entry(i))
		more, err := tlog.StoredHashes(i, entry(i), read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		n := i + 1
		if n == 300 {
			before = g.Root()
		}
		if n > 300 && n%4099 != 0 && n%Width > 1 && n != size {
			continue
		}
		want, err := tlog.TreeHash(n, read)
		if err != nil || g.Root() != want {
			t.Fatalf("root of %d leaves is %v, want %v (%v)", n, g.Root(), want, err)
		}
	}
	for _, i := range []int64{0, 1, 255, 256, 65_535, 65_536, size - 1} {
		p, err := tlog.ProveRecord(size, i, g.reader())
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(p, size, g.Root(), i, Leaf(entry(i))); err != nil {
			t.Errorf("leaf %d: %v", i, err)
		}
		leaf, root := Leaf(entry(i)), g.Root()
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), size, leaf[:], bytesOf(p), root[:]); err != nil {
			t.Errorf("leaf %d: %v", i, err)
		}
	}
	p, err := tlog.ProveTree(size, 300, g.reader())
	if err != nil {
		t.Fatal(err)
	}
	root := g.Root()
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 300, size, bytesOf(p), before[:], root[:]); err != nil {
		t.Error(err)
	}
	loaded, err := Load(size, g.reader().Read)
	if err != nil || loaded.Root() != root || loaded.Clone().Root() != root {
		t.Errorf("read again, the tree is another one (%v)", err)
	}
}

func bytesOf(list []Hash) (out [][]byte) {
	for i := range list {
		out = append(out, list[i][:])
	}
	return out
}

// TestAddAllocatesNothing holds that a tree which has its levels grows in the
// memory that it has.
func TestAddAllocatesNothing(t *testing.T) {
	var f Frontier
	entry := make([]byte, 600)
	some := func() {
		for range 2 * Width {
			f.Add(Leaf(entry), func(At, []Hash) {})
		}
	}
	some()
	if n := testing.AllocsPerRun(10, some); n >= 1 {
		t.Errorf("%v allocations for %d entries", n, 2*Width)
	}
}

func TestSplit(t *testing.T) {
	var b []byte
	for i := range int64(3) {
		b = AppendEntry(b, entry(i))
	}
	if list, err := Split(b, 3); err != nil || len(list) != 3 || string(list[2]) != "entry 2" {
		t.Fatalf("%q, %v", list, err)
	}
	for _, n := range []int{-1, 0, 2, 4, Width + 1} {
		if _, err := Split(b, n); err == nil {
			t.Errorf("three entries were read as %d", n)
		}
	}
	for cut := range b {
		if _, err := Split(b[:cut], 3); err == nil {
			t.Errorf("%d of %d bytes were read as three entries", cut, len(b))
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(AppendEntry(AppendEntry(nil, []byte("a")), nil), 2)
	f.Add([]byte{0, 9, 1}, 1)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		list, err := Split(text, n)
		if err != nil {
			return
		}
		var back []byte
		for _, e := range list {
			back = AppendEntry(back, e)
		}
		if len(list) != n || !bytes.Equal(back, text) {
			t.Errorf("%x was read as %x", text, back)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/9")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, name string) {
		if at, err := ParsePath(name); err == nil && at.Path() != name {
			t.Errorf("%q was read as %+v, which is %q", name, at, at.Path())
		}
	})
}
