package store_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

// childStore is set for processes that tests start: a path, or a URL.
const childStore = "GATEHOUSE_TEST_STORE_CHILD"

// TestMain writes keys until it is killed where it is the child of a test.
func TestMain(m *testing.M) {
	if path := os.Getenv(childStore); path != "" {
		if ring := os.Getenv(childRing); ring != "" {
			fmt.Fprintln(os.Stderr, resealForEver(path, ring))
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	status := m.Run()
	testdata.EndSharedPostgres()
	os.Exit(status)
}

// writeForEver says the id of each key that is kept, once it is.
func writeForEver(path string) error {
	settings := store.Settings{SQLite: path}
	if strings.HasPrefix(path, "postgres:") {
		settings = store.Settings{Postgres: trust.NewSecret(path)}
	}
	s, err := store.Open(settings)
	if err != nil {
		return err
	}
	ctx, end := endless()
	defer end()
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	for i := 0; ; i++ {
		id := fmt.Sprint("k", i)
		if err := s.AddKey(ctx, key(id)); err != nil {
			return err
		}
		if i%3 == 0 {
			if err := s.ReplaceKey(ctx, id, now, key("next-"+id)); err != nil {
				return err
			}
		}
		fmt.Println(id)
	}
}

// TestKilled kills a process that writes, again and again. What it said is kept
// is there, nothing is half there, and the file can be written to at once.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{1, 7, 40, 111} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gatehouse.db")
			said := killAfter(t, self, path, after)
			s := open(t, store.Settings{SQLite: path})
			for _, id := range said {
				k, err := s.Key(t.Context(), id)
				if err != nil {
					t.Fatal(id, " was said to be kept: ", err)
				}
				if k.Successor == "" {
					continue
				}
				if _, err := s.Key(t.Context(), k.Successor); err != nil {
					t.Error(id, " has a successor that is not there: ", err)
				}
			}
			if err := s.AddKey(t.Context(), key("after")); err != nil {
				t.Error(err)
			}
		})
	}
}

func killAfter(t *testing.T, self, path string, lines int) (said []string) {
	t.Helper()
	child := exec.Command(self)
	child.Env = append(os.Environ(), childStore+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		if said = append(said, scan.Text()); len(said) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	child.Wait()
	if len(said) < lines {
		t.Fatalf("the child said %d lines", len(said))
	}
	return said
}

// TestProcesses has several processes' worth of stores prepare and write one
// file at the same time.
func TestProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	results := make(chan error)
	const processes, each = 4, 10
	for p := range processes {
		go func() {
			s, err := store.Open(store.Settings{SQLite: path})
			if err == nil {
				defer s.Close()
				err = s.Prepare(t.Context())
			}
			for i := range each {
				if err == nil {
					err = s.AddKey(t.Context(), key(fmt.Sprint(p, "-", i)))
				}
			}
			results <- err
		}()
	}
	for range processes {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	s := open(t, store.Settings{SQLite: path})
	n := 0
	if err := s.Keys(t.Context(), "", 0, func(*store.Key) error { n++; return nil }); err != nil || n != processes*each {
		t.Error(n, err)
	}
}

// TestFollowAnotherProcess follows what a real other process writes, while it
// writes: each key is known within a second of its word that it is kept.
func TestFollowAnotherProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	everyBackend(t, func(t *testing.T, b backend) {
		settings := b.fresh(t)
		s := open(t, settings)
		m := follow(t, s)
		where := settings.SQLite
		if where == "" {
			where = settings.Postgres.Reveal()
		}
		child := exec.Command(self)
		child.Env = append(os.Environ(), childStore+"="+where)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		defer child.Wait()
		defer child.Process.Kill()
		scan := bufio.NewScanner(out)
		for range 30 {
			if !scan.Scan() {
				t.Fatal("the child ended")
			}
			id := scan.Text()
			if took := m.until(t, id, func() bool { _, known := m.keys[id]; return known }); took > time.Second {
				t.Errorf("%s is known after %v", id, took)
			}
		}
	})
}
