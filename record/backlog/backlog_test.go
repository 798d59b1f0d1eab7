package backlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func open(t *testing.T, o Options) *Backlog {
	t.Helper()
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// numbered is a line that says its number, filled up to a size.
func numbered(n, size int) []byte {
	text := fmt.Sprintf("%d ", n)
	return append(append([]byte(text), bytes.Repeat([]byte{'x'}, max(0, size-len(text)-1))...), '\n')
}

// numbers are those of lines; lines that are not whole fail the test.
func numbers(t *testing.T, lines []byte) (list []int) {
	t.Helper()
	for line := range strings.Lines(string(lines)) {
		digits, rest, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(digits)
		if err != nil || !strings.HasSuffix(rest, "\n") || strings.Trim(rest, "x\n") != "" {
			t.Fatalf("a line was changed: %.60q", line)
		}
		list = append(list, n)
	}
	return list
}

// drain delivers everything.
func drain(t *testing.T, b *Backlog) (list []int) {
	t.Helper()
	for {
		batch, ok, err := b.Next(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return list
		}
		list = append(list, numbers(t, batch.Lines)...)
		b.Done(batch)
	}
}

// TestLinesOutliveTheProgram puts lines in, delivers some, and starts again.
func TestLinesOutliveTheProgram(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "sealed"}[sealed], func(t *testing.T) {
			o := Options{Folder: filepath.Join(t.TempDir(), "b"), Max: MinBytes, Name: "siem"}
			if sealed {
				ring, err := seal.New()
				if err != nil {
					t.Fatal(err)
				}
				o.Sealer = ring
			}
			b := open(t, o)
			for n := range 100 {
				if err := b.Append(numbered(n, 500), 1, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			batch, ok, err := b.Next(10 * 500)
			if err != nil || !ok || batch.Count != 10 {
				t.Fatal(batch.Count, ok, err)
			}
			b.Done(batch)
			if s := b.Stats(); s.Waiting != 90 || s.Bytes < 90*500 || s.Oldest.IsZero() {
				t.Errorf("%+v", s)
			}
			if _, err := Open(o); !errors.Is(err, ErrBusy) {
				t.Error("two have the folder: ", err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			all, err := filepath.Glob(filepath.Join(o.Folder, "*"+suffix))
			if err != nil || len(all) == 0 {
				t.Fatal(all, err)
			}
			text, err := os.ReadFile(all[0])
			if err != nil || bytes.Contains(text, []byte("xxxx")) == sealed {
				t.Error("sealed and readable, or neither: ", err)
			}
			b = open(t, o)
			if s := b.Stats(); s.Waiting != 90 {
				t.Errorf("%+v", s)
			}
			if list := drain(t, b); len(list) != 90 || list[0] != 10 || list[89] != 99 {
				t.Error(list)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			if all, _ := filepath.Glob(filepath.Join(o.Folder, "*"+suffix)); len(all) != 0 {
				t.Error("delivered lines are kept: ", all)
			}
		})
	}
}

// TestAnotherKeyOpensNothing reads sealed lines without their key, and those of
// another name.
func TestAnotherKeyOpensNothing(t *testing.T) {
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"no-key": func(o *Options) { o.Sealer = nil }, "other-key": func(o *Options) { o.Sealer = other }, "other-name": func(o *Options) { o.Name = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Max: MinBytes, Name: "siem", Sealer: ring, disk: newMemory(1)}
			b := open(t, o)
			b.Append(numbered(1, 100), 1, time.Now())
			b.Close()
			change(&o)
			b = open(t, o)
			b.Append(numbered(2, 100), 1, time.Now())
			if list := drain(t, b); len(list) != 1 || list[0] != 2 {
				t.Error(list)
			}
			if s := b.Stats(); s.Dropped.Damaged != 1 || s.Waiting != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestBoundDropsTheOldest puts in more than there is room for, while the reader
// has a batch in hand.
func TestBoundDropsTheOldest(t *testing.T) {
	o := Options{Folder: t.TempDir(), Max: MinBytes}
	b := open(t, o)
	const total = 5000
	b.Append(numbered(0, 1000), 1, time.Now())
	batch, _, err := b.Next(1000)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < total; n++ {
		if err := b.Append(numbered(n, 1000), 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		if n%500 == 0 {
			var size int64
			all, _ := filepath.Glob(filepath.Join(o.Folder, "*"+suffix))
			for _, name := range all {
				info, err := os.Stat(name)
				if err != nil {
					t.Fatal(err)
				}
				size += info.Size()
			}
			if size > o.Max {
				t.Fatalf("%d bytes on disk", size)
			}
			if err := b.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.Done(batch) // it was dropped meanwhile
	s := b.Stats()
	list := drain(t, b)
	if len(list)+int(s.Dropped.Full) != total || len(list) != s.Waiting || len(list) < 900 || list[len(list)-1] != total-1 {
		t.Errorf("%d delivered of %+v", len(list), s)
	}
	for i := 1; i < len(list); i++ {
		if list[i] != list[i-1]+1 {
			t.Fatal("a gap behind ", list[i-1])
		}
	}
}

// TestFullDisk fails writes and goes on when there is room again.
func TestFullDisk(t *testing.T) {
	m := newMemory(7)
	b := open(t, Options{Max: MinBytes, disk: m})
	for n := range 300 {
		m.full = n >= 100 && n < 200
		if err := b.Append(numbered(n, 100), 1, time.Now()); (err != nil) != m.full {
			t.Fatal(n, err)
		}
	}
	m.full = false
	if s := b.Stats(); s.Dropped.Failed != 100 || s.Waiting != 200 || len(m.files) > 3 {
		t.Errorf("%+v, %d files", s, len(m.files))
	}
	if list := drain(t, b); len(list) != 200 || list[99] != 99 || list[100] != 200 {
		t.Error(list)
	}
}

// TestDamage changes a byte in the middle: what stands before it is delivered,
// and what is lost is counted.
func TestDamage(t *testing.T) {
	m := newMemory(3)
	b := open(t, Options{Max: MinBytes, disk: m})
	for n := range 10 {
		b.Append(numbered(n, 200), 1, time.Now())
	}
	b.retire()
	b.Append(numbered(10, 200), 1, time.Now())
	m.files[segmentName(1)].now[5*(headerBytes+200)+100] ^= 1
	if list := drain(t, b); len(list) != 6 || list[4] != 4 || list[5] != 10 {
		t.Error(list)
	}
	if s := b.Stats(); s.Dropped.Damaged != 5 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

// TestLongLines refuses a line that no frame holds, and takes many that
// together are long.
func TestLongLines(t *testing.T) {
	b := open(t, Options{Max: 4 * MinBytes, disk: newMemory(3)})
	if err := b.Append(numbered(1, maxPayload+1), 1, time.Now()); err == nil || b.Stats().Dropped.Failed != 1 {
		t.Error(err)
	}
	var many []byte
	for n := range 3000 {
		many = append(many, numbered(n, 200)...)
	}
	if err := b.Append(many, 3000, time.Now()); err != nil {
		t.Fatal(err)
	}
	if list := drain(t, b); len(list) != 3000 || list[2999] != 2999 {
		t.Error(len(list))
	}
}
