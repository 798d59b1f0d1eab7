package alert

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func some(n int) *Seen {
	s := NewSeen(time.Unix(1_900_000_000, 0))
	for i := range n {
		s.values = append(s.values, value{uint64(i + 1), int64(i)})
	}
	return s
}

func TestKeep(t *testing.T) {
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, sealer := range map[string]seal.Sealer{"plain": nil, "sealed": ring} {
		t.Run(name, func(t *testing.T) {
			f := Folder{Path: filepath.Join(t.TempDir(), "alerts"), Sealer: sealer}
			if s, err := f.load("a", "is"); s != nil || err != nil {
				t.Fatalf("%v, %v of nothing", s, err)
			}
			want := some(3)
			if err := f.save("a", "is", want); err != nil {
				t.Fatal(err)
			}
			got, err := f.load("a", "is")
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v: %+v, want %+v", err, got, want)
			}
			if s, err := f.load("a", "was"); s != nil || err != nil {
				t.Errorf("%v, %v of another rule", s, err)
			}
			text, err := os.ReadFile(f.file("a"))
			if err != nil || bytes.Contains(text, want.key[:]) != (sealer == nil) {
				t.Errorf("%v: the key is readable, or is not", err)
			}
			if info, err := os.Stat(f.file("a")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if names, _ := os.ReadDir(f.Path); len(names) != 1 {
				t.Errorf("%d files", len(names))
			}
			os.Rename(f.file("a"), f.file("b"))
			if _, err := f.load("b", "is"); (err != nil) != (sealer != nil) {
				t.Errorf("a file under another name: %v", err)
			}
		})
	}
}

// TestKeepMerges: what another gate kept under the same name stays.
func TestKeepMerges(t *testing.T) {
	f := Folder{Path: t.TempDir()}
	s := some(3)
	other := &Seen{Begun: s.Begun, key: s.key, values: []value{{2, 7}, {9, 9}}}
	if err := f.save("a", "is", other); err != nil {
		t.Fatal(err)
	}
	if err := f.save("a", "is", s); err != nil {
		t.Fatal(err)
	}
	if got, err := f.load("a", "is"); err != nil || len(got.values) != 4 {
		t.Errorf("%v: %+v", err, got)
	}
	if err := f.save("a", "is", some(1)); err != nil { // under another key, whose hashes say nothing here
		t.Fatal(err)
	}
	if got, err := f.load("a", "is"); err != nil || len(got.values) != 1 {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestKeepRefuses(t *testing.T) {
	f := Folder{Path: t.TempDir()}
	whole := string(some(2).encode("is"))
	for name, text := range map[string]string{
		"empty": "", "no-word": whole, "cut": openWord + whole[:len(whole)-1], "short": openWord + whole[:40], "sealed": sealedWord + whole,
		"twice": openWord + whole + whole[len(whole)-valueBytes:], "many": openWord + whole + strings.Repeat(whole[len(whole)-valueBytes:], maxSeen),
	} {
		if err := os.WriteFile(f.file("a"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := f.load("a", "is"); err == nil || s != nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzSeen(f *testing.F) {
	f.Add(some(2).encode("is"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSeen(b, "is")
		if err != nil || s == nil {
			return
		}
		if again := s.encode("is"); !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}
