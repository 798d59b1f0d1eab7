package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func open(t testing.TB, dir string, sealer seal.Sealer) *archive.Archive {
	t.Helper()
	a, err := archive.Open(archive.Options{Dir: dir, MaxBytes: 1 << 30, MaxAge: 1000 * 24 * time.Hour, Sealer: sealer, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func ring(t testing.TB) *seal.Ring {
	t.Helper()
	r, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// each runs a test for plain and for sealed archives.
func each(t *testing.T, f func(t *testing.T, sealer seal.Sealer)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) { f(t, nil) })
	t.Run("sealed", func(t *testing.T) { f(t, ring(t)) })
}

// some makes n events of many kinds as lines.
func some(n int) (lines [][]byte) {
	r := rand.New(rand.NewPCG(3, 4))
	var e gate.Event
	for i := range n {
		event(&e, r, i)
		switch i % 9 {
		case 1:
			e.Outcome, e.Would = gate.Passed, []gate.Code{gate.ParameterUnknown, gate.OwnerDenied}
			e.Denied, e.Mode = false, gate.Observe
		case 2:
			e.API, e.Operation, e.Path, e.Method = "", "", "", "OTHER"
		case 3:
			e.Client = netip.MustParsePrefix("2001:db8:7::/48")
		case 4:
			e.Operation = ""
		case 5:
			e.Caller = 0
		case 6:
			e.Principal = gate.Pseudonym{7, 8, 9, 10, 11, 12, 13, 14, byte(i % 3)}
		case 7:
			e.Caller, e.Account, e.Login = 0, gate.Pseudonym{0x70, 8, 9, 10, 11, 12, 13, 14, byte(i % 3)}, gate.LoginWrong
		case 8:
			e.Client, e.Address = netip.Prefix{}, gate.Pseudonym{1, 2, 3, 4, 5, 6, byte(i % 3)}
		}
		lines = append(lines, record.AppendEvent(nil, &e))
	}
	return lines
}

func queries(lines [][]byte) []archive.Query {
	var e gate.Event
	if err := record.ParseEvent(lines[len(lines)/2], &e); err != nil {
		panic(err)
	}
	at := func(i int) time.Time { return began.Add(time.Duration(i) * time.Millisecond) }
	n := len(lines)
	return []archive.Query{
		{}, {ID: e.ID.String()}, {ID: "01jd0000000000000000000000"}, {Code: "body-schema"}, {Code: "owner-denied"}, {Code: "parameter-unknown"}, {Code: "host-invalid"},
		{Outcome: "refused"}, {Outcome: "passed", Code: "parameter-unknown"}, {API: "Shop"}, {API: "Other"}, {Operation: "oplog6"}, {Operation: "GET /login"}, {Operation: "GET /none"},
		{Callers: []string{"0000000000000005"}}, {Callers: []string{"0000000000000005"}, Outcome: "refused"}, {Callers: []string{"0708090a0b0c0d0e"}},
		{Callers: []string{"0708090a0b0c0d0e0100000000000000"}}, {Callers: []string{"0708090a0b0c0d0e0100000000000001"}}, {Callers: []string{"7008090a0b0c0d0e0200000000000000", "0000000000000005"}},
		{Addresses: []string{"010203040506"}}, {Addresses: []string{"01020304050601000000000000000000"}}, {Addresses: []string{"01020304050607000000000000000000"}},
		{Addresses: []string{"010203040506"}, Network: netip.MustParsePrefix("10.3.0.0/16")}, {Network: netip.MustParsePrefix("10.3.0.0/16")}, {Network: netip.MustParsePrefix("10.3.9.7/32")}, {Network: netip.MustParsePrefix("2001:db8::/32")},
		{Network: netip.MustParsePrefix("::/0")}, {Network: netip.MustParsePrefix("0.0.0.0/0")},
		{Since: at(n / 3)}, {Until: at(n / 3)}, {Since: at(n / 4), Until: at(n/4 + 10)}, {Since: at(n / 4).Add(time.Microsecond), Until: at(n/4 + 10)}, {Since: at(n + 1)}, {Until: at(0)},
		{Since: at(n / 2), Code: "body-schema", API: "Shop", Network: netip.MustParsePrefix("10.0.0.0/8")},
	}
}

// TestSearchFindsWhatReadingFinds asks the index and, for the same, each line.
func TestSearchFindsWhatReadingFinds(t *testing.T) {
	lines := some(4500)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, sealer seal.Sealer) {
		dir := t.TempDir()
		a := open(t, dir, sealer)
		for part := range slices.Chunk(lines, 150) {
			if n, err := a.Write(bytes.Join(part, nil)); err != nil || n == 0 {
				t.Fatal(n, err)
			}
		}
		for _, state := range []string{"written", "closed", "without-index"} {
			switch state {
			case "closed":
				a.Close()
			case "without-index":
				names, _ := filepath.Glob(dir + "/*.index")
				if len(names) == 0 {
					t.Fatal("there is no index")
				}
				for _, name := range names {
					os.Remove(name)
				}
			}
			t.Run(state, func(t *testing.T) {
				compare(t, archive.Shelf{Dir: dir, Sealer: sealer}, archive.File{Name: file}, lines, state == "closed")
			})
		}
	})
}

func compare(t *testing.T, shelf archive.Shelf, file archive.File, lines [][]byte, all bool) {
	found := 0
	for i, q := range queries(lines) {
		if !all && i%4 > 0 {
			continue
		}
		for _, limit := range []int{0, 77} {
			var got, want []string
			f, err := shelf.Search(t.Context(), q, limit, func(l []byte) error { got = append(got, string(l)); return nil })
			g, wrong := file.Search(t.Context(), q, limit, func(l []byte) error { want = append(want, string(l)); return nil })
			if err != nil || wrong != nil {
				t.Fatal(i, err, wrong)
			}
			if !slices.Equal(got, want) || f.More != g.More || f.Events != g.Events || f.Damaged+g.Damaged != 0 {
				t.Errorf("query %d, limit %d: %d lines, want %d; %+v, want %+v", i, limit, len(got), len(want), f, g)
			}
			found += len(got)
		}
		for j, by := range archive.Fields {
			if (i+j)%3 != 0 && i > 0 {
				continue
			}
			got, f, err := shelf.Count(t.Context(), q, by)
			want, g, wrong := file.Count(t.Context(), q, by)
			if err != nil || wrong != nil {
				t.Fatal(i, err, wrong)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || f.Events != g.Events || f.Held != g.Held || f.Lost != g.Lost || f.Oldest != g.Oldest || f.Newest != g.Newest {
				t.Errorf("query %d by %s: %v, want %v; %+v, want %+v", i, by, got, want, f, g)
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d events were found", found)
	}
}

// TestTornAndDamaged cuts segments off anywhere and changes bytes: what is whole
// is found, and what is not is said.
func TestTornAndDamaged(t *testing.T) {
	lines := some(600)
	each(t, func(t *testing.T, sealer seal.Sealer) {
		dir := t.TempDir()
		a := open(t, dir, sealer)
		for part := range slices.Chunk(lines, 50) {
			if _, err := a.Write(bytes.Join(part, nil)); err != nil {
				t.Fatal(err)
			}
		}
		a.Close()
		names, _ := filepath.Glob(dir + "/*[ld]")
		if len(names) != 1 {
			t.Fatal(names)
		}
		whole, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(5, 6))
		for range 40 {
			text := bytes.Clone(whole[:len(whole)/3+r.IntN(len(whole)*2/3)])
			if r.IntN(2) == 0 {
				text[len(text)/4+r.IntN(len(text)/2)] ^= 0x55
			}
			if r.IntN(4) == 0 {
				text = append(text, make([]byte, r.IntN(2000))...)
			}
			if err := os.WriteFile(names[0], text, 0o600); err != nil {
				t.Fatal(err)
			}
			search := func() (n int, f *archive.Found) {
				f, err := archive.Shelf{Dir: dir, Sealer: sealer}.Search(t.Context(), archive.Query{}, 0, func(l []byte) error {
					if n++; !slices.ContainsFunc(lines, func(w []byte) bool { return bytes.Equal(w, l) }) && sealer != nil {
						t.Errorf("found a line that was never written: %q", l)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return n, f
			}
			before, f := search()
			if before == 0 || before >= len(lines) {
				t.Errorf("%d found, %+v", before, f)
			}
			again := open(t, dir, sealer) // mends
			again.Close()
			if after, f := search(); after != before {
				t.Errorf("%d found after mending, %d before, %+v", after, before, f)
			}
			os.Remove(strings.TrimSuffix(names[0], filepath.Ext(names[0])) + ".index")
		}
	})
}

// TestDamagedIndex changes bytes of the index: what is found is the same.
func TestDamagedIndex(t *testing.T) {
	lines := some(300)
	each(t, func(t *testing.T, sealer seal.Sealer) {
		dir := t.TempDir()
		a := open(t, dir, sealer)
		if _, err := a.Write(bytes.Join(lines, nil)); err != nil {
			t.Fatal(err)
		}
		a.Close()
		names, _ := filepath.Glob(dir + "/*.index")
		whole, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(7, 8))
		for range 200 {
			text := bytes.Clone(whole)
			if r.IntN(5) == 0 {
				text = text[:r.IntN(len(text))]
			} else {
				text[r.IntN(len(text))] ^= 1 << r.IntN(8)
			}
			if err := os.WriteFile(names[0], text, 0o600); err != nil {
				t.Fatal(err)
			}
			counted, f, err := archive.Shelf{Dir: dir, Sealer: sealer}.Count(t.Context(), archive.Query{Since: began, Network: netip.MustParsePrefix("::/0")}, archive.ByOutcome)
			if err != nil || f.Events != 33 {
				t.Fatalf("%v, %+v, %v", counted, f, err)
			}
		}
	})
}

func TestBounds(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, nil)
	a.Bound(archive.MinBytes, 1000*24*time.Hour)
	chunk := bytes.Join(some(150), nil)
	written := 0
	for written < 3*archive.MinBytes {
		n, err := a.Write(chunk)
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	of := sizes(t, dir)
	if all := of["lines"] + of["index"]; all > archive.MinBytes || all < archive.MinBytes/2 {
		t.Errorf("%.0f bytes are kept", all)
	}
	if s := a.Stats(); s.Bytes < archive.MinBytes/2 || s.Bytes > archive.MinBytes || s.Segments < 8 {
		t.Errorf("%+v", s)
	}
}

func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		a := open(t, dir, nil)
		a.Bound(1<<30, 16*time.Hour)
		for i, line := range some(32) {
			if _, err := a.Write(line); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			n := 0
			for name := range sizesOf(t, dir) {
				if filepath.Ext(name) == ".jsonl" {
					n++
				}
			}
			if want := min(i+1, 16); n < want-1 || n > want {
				t.Errorf("after %d hours %d segments, want %d", i+1, n, want)
			}
		}
		time.Sleep(17 * time.Hour)
		synctest.Wait()
		if left := sizesOf(t, dir); len(left) != 0 {
			t.Error("is kept for too long:", left)
		}
		a.Close()
	})
}

// TestTwoWriters has two programs write to one archive, as in a restart.
func TestTwoWriters(t *testing.T) {
	dir, lines := t.TempDir(), some(400)
	a, b := open(t, dir, nil), open(t, dir, nil)
	for i, line := range lines {
		w := a
		if i%2 == 0 {
			w = b
		}
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	c := open(t, dir, nil) // mends nothing that is written
	c.Close()
	if left, _ := filepath.Glob(dir + "/*.index"); len(left) != 0 {
		t.Error("somebody's segment was taken for one that was left:", left)
	}
	a.Close()
	b.Close()
	f, err := archive.Shelf{Dir: dir}.Search(t.Context(), archive.Query{}, 0, func([]byte) error { return nil })
	if err != nil || f.Events != len(lines) {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestSealedSaysNothing looks for words of events in the files of a sealed
// archive, and asks without keys and with those of another gate.
func TestSealedSaysNothing(t *testing.T) {
	dir, mine := t.TempDir(), ring(t)
	a := open(t, dir, mine)
	if _, err := a.Write(bytes.Join(some(100), nil)); err != nil {
		t.Fatal(err)
	}
	a.Close()
	for name := range sizesOf(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || bytes.Contains(text, []byte("Shop")) || bytes.Contains(text, []byte("oplog")) {
			t.Error(name, "is readable", err)
		}
	}
	for _, sealer := range []seal.Sealer{nil, ring(t)} {
		f, err := archive.Shelf{Dir: dir, Sealer: sealer}.Search(t.Context(), archive.Query{}, 0, func([]byte) error { return errors.New("given out") })
		if err != nil || len(f.Unopened) != 1 {
			t.Errorf("%+v, %v", f, err)
		}
	}
	used, err := archive.Sealed(dir)
	if err != nil || used[mine.Newest()] != 1 || len(used) != 1 {
		t.Errorf("%v, %v", used, err)
	}
}

func sizesOf(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int64{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			of[e.Name()] = info.Size()
		}
	}
	return of
}
