package archive_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func TestFollow(t *testing.T) {
	lines := some(100)
	each(t, func(t *testing.T, sealer seal.Sealer) {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			a := open(t, dir, sealer)
			a.Write(bytes.Join(lines[:50], nil))
			var got []string
			done, begun := make(chan error), make(chan struct{})
			go func() {
				done <- archive.Shelf{Dir: dir, Sealer: sealer}.Follow(t.Context(), time.Second, func() error { close(begun); return nil }, func(line []byte) error {
					if got = append(got, string(line)); len(got) == 50 {
						return errDone
					}
					return nil
				})
			}()
			<-begun
			for i, line := range lines[50:] {
				if i == 25 {
					a.Close()
					a = open(t, dir, sealer)
				}
				a.Write(line)
				time.Sleep(300 * time.Millisecond)
			}
			if err := <-done; !errors.Is(err, errDone) || strings.Join(got, "") != string(bytes.Join(lines[50:], nil)) {
				t.Errorf("%d lines, %v", len(got), err)
			}
			a.Close()
		})
	})
}

var errDone = errors.New("done")

// TestFollowFile goes on when a file is put in the place of another.
func TestFollowFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "events.jsonl")
		write := func(text string) {
			f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			f.WriteString(text)
			f.Close()
			time.Sleep(3 * time.Second)
		}
		write("before\n")
		got, done := "", make(chan error)
		begun := make(chan struct{})
		go func() {
			done <- archive.File{Name: name}.Follow(t.Context(), time.Second, func() error { close(begun); return nil }, func(line []byte) error {
				if got += string(line); strings.HasSuffix(got, "end\n") {
					return errDone
				}
				return nil
			})
		}()
		<-begun
		write("one\n")
		write("tw")
		write("o\n")
		os.Rename(name, name+".old")
		write("three\n")
		os.Truncate(name, 0)
		time.Sleep(3 * time.Second)
		write("four\nend\n")
		if err := <-done; !errors.Is(err, errDone) || got != "one\ntwo\nthree\nfour\nend\n" {
			t.Errorf("%q, %v", got, err)
		}
	})
}
