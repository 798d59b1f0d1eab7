package login

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func line(password string) string { return fmt.Sprintf("%X", sha1.Sum([]byte(password))) }

func write(t testing.TB, lines []string, end string) string {
	t.Helper()
	slices.Sort(lines)
	path := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, end)+end), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestList(t *testing.T) {
	for _, n := range []int{1, 2, 80, 120, 5000} {
		for _, end := range []string{"\n", "\r\n"} {
			var lines []string
			for i := range n {
				lines = append(lines, fmt.Sprintf("%s:%d", line(fmt.Sprint("bad", i)), i*i*i))
			}
			l, err := OpenList(write(t, lines, end), nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if found, err := l.Has(fmt.Append(nil, "bad", i)); !found || err != nil {
					t.Fatalf("%d of %d: %v, %v", i, n, found, err)
				}
				if found, err := l.Has(fmt.Append(nil, "good", i)); found || err != nil {
					t.Fatalf("%d of %d: %v, %v", i, n, found, err)
				}
			}
		}
	}
}

// TestReplaced: a list that takes the place of another is used, one that is
// none is not.
func TestReplaced(t *testing.T) {
	path := write(t, []string{line("old") + ":1"}, "\n")
	var failed error
	l, err := OpenList(path, func(err error) { failed = err })
	if err != nil {
		t.Fatal(err)
	}
	has := func(password string) bool {
		t.Helper()
		l.after.Store(0)
		found, err := l.Has([]byte(password))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if !has("old") || has("new") {
		t.Error("the first list")
	}
	os.Rename(write(t, []string{line("new") + ":1", line("newer") + ":2"}, "\n"), path)
	if has("old") || !has("new") || failed != nil {
		t.Error("the second list", failed)
	}
	os.Remove(path)
	os.WriteFile(path, []byte("no list\n"), 0o600)
	if !has("new") || failed == nil {
		t.Error("what is no list took the place", failed)
	}
}

// TestCut: a list that became shorter in its place is not taken for one in which
// a password does not stand.
func TestCut(t *testing.T) {
	path := write(t, []string{line("bad") + ":1", line("worse") + ":1"}, "\n")
	l, err := OpenList(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	for _, later := range []bool{false, true} {
		if later {
			l.after.Store(0) // it looks for another file, and there is none that is sound
		}
		if _, err := l.Has([]byte("bad")); err == nil {
			t.Error("a password is said not to stand in a list that was cut")
		}
	}
}

func TestBadLists(t *testing.T) {
	for name, text := range map[string]string{
		"empty":    "",
		"words":    "password\n123456\n",
		"unsorted": line("b") + ":1\n" + line("a") + ":1\n",
		"short":    line("a")[1:] + ":1\n",
	} {
		path := filepath.Join(t.TempDir(), "list")
		os.WriteFile(path, []byte(text), 0o600)
		if name == "unsorted" && line("b") < line("a") {
			t.Fatal("choose other words")
		}
		if _, err := OpenList(path, nil); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if _, err := OpenList(t.TempDir(), nil); err == nil {
		t.Error("a folder is taken")
	}
}

// FuzzList: any text is read in bounded time, and what is found stands in it.
func FuzzList(f *testing.F) {
	f.Add([]byte(line("a")+":1\n"+line("b")+":22\r\n"), []byte("a"))
	f.Add(bytes.Repeat([]byte("\n"), 9000), []byte("a"))
	f.Add(bytes.Repeat([]byte("F"), 9000), []byte("b"))
	f.Fuzz(func(t *testing.T, text, password []byte) {
		path := filepath.Join(t.TempDir(), "list")
		os.WriteFile(path, text, 0o600)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, _ := file.Stat()
		o := &opened{file: file, info: info}
		sound := o.sound()
		want := []byte(line(string(password)))
		found, err := o.has(want)
		in := bytes.Contains(bytes.ToUpper(text), want)
		if found && !in {
			t.Error("found what is not there")
		}
		if sound == nil && err == nil && !found && len(text) < blockBytes && (bytes.HasPrefix(text, want) || bytes.Contains(text, append([]byte("\n"), want...))) {
			t.Error("not found what is there")
		}
	})
}

func FuzzBasic(f *testing.F) {
	f.Add([]byte("YTpi"))
	f.Add([]byte("YWI="))
	f.Add([]byte("::"))
	f.Fuzz(func(t *testing.T, value []byte) {
		s := open()
		defer s.close()
		if account, _, ok := s.basic(value); ok && bytes.IndexByte(account, ':') >= 0 {
			t.Errorf("%q", account)
		}
	})
}

// FuzzFold: the spelling of a spelling is itself.
func FuzzFold(f *testing.F) {
	f.Add([]byte(" Alice@Example.com\u200b"))
	f.Add([]byte("\xffA"))
	f.Add([]byte("\uff21\u017f\ufb03\u0345\u0130 \u00a0\u1e9e"))
	f.Fuzz(func(t *testing.T, name []byte) {
		s := open()
		defer s.close()
		once := slices.Clone(s.fold(name))
		if twice := s.fold(once); !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %q becomes %q", name, once, twice)
		}
	})
}

func BenchmarkList(b *testing.B) {
	var lines []string
	for i := range 200_000 {
		lines = append(lines, fmt.Sprintf("%s:%d", line(fmt.Sprint("bad", i)), i))
	}
	l, err := OpenList(write(b, lines, "\r\n"), nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l.after.Store(time.Now().Add(time.Hour).UnixNano())
		l.Has([]byte("something else"))
	}
}
