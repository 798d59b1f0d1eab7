package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// readNear reads a text by a reader that takes so many values more.
func readNear(text string, left int) error {
	r := &reader{file: &File{Name: "a.json"}, text: text, values: maxValues - left}
	if err := r.document(); err != nil {
		return errors.New(err.text)
	}
	return nil
}

// The last value that fits is read, the next is not.
func TestValuesOfOneText(t *testing.T) {
	for _, row := range []struct {
		name, text string
		values     int
	}{
		{"scalar", `1`, 1}, {"array", `[1,2,3]`, 4}, {"object", `{"a":1,"b":2}`, 3}, {"nested", `[[],{},{"a":[null]}]`, 6}, {"literals", `[true,false,null,"a"]`, 5},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := readNear(row.text, row.values); err != nil {
				t.Errorf("%d values: %v", row.values, err)
			}
			if err := readNear(row.text, row.values-1); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("more than %d values", maxValues)) {
				t.Errorf("one more: %v", err)
			}
		})
	}
}

// opened returns the set of a folder with some files, and the folder.
func opened(t *testing.T, files map[string]int64) (*Set, string) {
	t.Helper()
	folder := t.TempDir()
	for name, size := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(path, []byte("{}"), 0o644), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
	}
	s, _, err := Open(filepath.Join(folder, "main.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s, folder
}

func (s *Set) loadName(name string) error {
	_, err := s.Load(uriOf(name))
	return err
}

// A file that is too large takes no memory.
func TestLargeFilesAreNotRead(t *testing.T) {
	s, _ := opened(t, map[string]int64{"main.json": 2, "large.json": maxFileBytes + 1, "larger.json": 1 << 30})
	for _, name := range []string{"large.json", "larger.json"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := s.loadName(name)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s took %d bytes", name, took)
		}
	}
}

// What all files of a contract may have is used up by each of them.
func TestBytesOfAllFiles(t *testing.T) {
	s, _ := opened(t, map[string]int64{"main.json": 2, "a.json": 2, "b.json": 2})
	if s.bytes != 2 {
		t.Fatalf("%d bytes were counted", s.bytes)
	}
	s.bytes = maxTotalBytes - 3
	if err := s.loadName("a.json"); err != nil {
		t.Error(err)
	}
	if err := s.loadName("b.json"); err == nil || !strings.Contains(err.Error(), "may have 256 MiB together") {
		t.Error(err)
	}
}

// A file whose size is not told, or that grows while it is read, is held to
// the bound by what is read of it.
func TestFilesOfUnknownSize(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Log("this system has no files of unknown size")
		return
	}
	s := &Set{folder: "/proc/self", local: true}
	text, err := s.text("status")
	if err != nil || len(text) < 100 {
		t.Fatal(len(text), err)
	}
	s.bytes = maxTotalBytes - 99
	if text, err := s.text("status"); err == nil || !strings.Contains(err.Error(), "together") {
		t.Error(len(text), err)
	}
}

// A set has a bounded number of files; those it has stay in reach.
func TestFilesOfOneSet(t *testing.T) {
	s, _ := opened(t, map[string]int64{"main.json": 2, "a.json": 2, "b.json": 2})
	for i := 0; len(s.files) < maxFiles-1; i++ {
		s.files[fmt.Sprint(i)] = new(entry)
	}
	for _, row := range []struct{ name, want string }{{"a.json", ""}, {"b.json", "more than 10000 files"}, {"none.json", "more than 10000 files"}, {"a.json", ""}, {"main.json", ""}} {
		err := s.loadName(row.name)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}
