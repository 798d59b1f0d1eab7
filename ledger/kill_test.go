package ledger

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// childFolder names the folder for the child of a test, which records in it until
// it is killed.
const childFolder = "GATEHOUSE_TEST_LEDGER_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, recordForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func ringIn(dir string) (*seal.Ring, error) {
	text, err := os.ReadFile(filepath.Join(dir, "ring"))
	if err != nil {
		return nil, err
	}
	return seal.Read(text)
}

// recordForEver says of each entry that it is durable.
func recordForEver(dir string) error {
	ring, err := ringIn(dir)
	if err != nil {
		return err
	}
	l, err := Open(Options{Dir: filepath.Join(dir, "ledger"), Origin: origin, Keys: ring, Every: time.Millisecond, KeepFree: 1})
	if err != nil {
		return err
	}
	ctx, end := context.WithTimeout(context.Background(), time.Minute)
	defer end()
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				ticket, err := l.Reserve(len(id) + Overhead)
				if err == nil && ticket.Durable(ctx, []byte(id)) == nil {
					os.Stdout.WriteString(id + "\n")
				}
				ticket.Release()
			}
		})
	}
	all.Wait()
	return l.Close()
}

// TestKilled kills a program while it records. What it said is durable is in the
// log of the next one. GATEHOUSE_KILLS says how often.
func TestKilled(t *testing.T) {
	times := 4
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_KILLS")); err == nil {
		times = n
	}
	self, err := os.Executable()
	must(t, err)
	dir, ring := t.TempDir(), newRing(t)
	text, err := ring.Reveal()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "ring"), text, 0o600))
	durable := map[string]bool{}
	for n := range times {
		child := exec.Command(self)
		child.Env, child.Stderr = append(os.Environ(), childFolder+"="+dir), os.Stderr
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			durable[lines.Text()] = true
			if i == 50+n*97%500 {
				must(t, child.Process.Kill())
			}
		}
		child.Wait()
	}
	l, err := Open(Options{Dir: filepath.Join(dir, "ledger"), Origin: origin, Keys: ring, KeepFree: 1})
	must(t, err)
	must(t, l.Close())
	f, err := ReadFolder(filepath.Join(dir, "ledger"))
	must(t, err)
	defer f.Close()
	if r, err := Verify(f, Check{}); err != nil || r.Fault != nil {
		t.Errorf("%v, %v", r, err)
	}
	open, err := Opener(f, ring)
	must(t, err)
	said := len(durable)
	must(t, Entries(f, 0, math.MaxInt64, func(_ int64, sealed []byte) error {
		plain, err := open(sealed)
		delete(durable, string(plain))
		return err
	}))
	if said < 50*times || len(durable) > 0 {
		t.Errorf("of %d entries that were durable, %d are not in the log", said, len(durable))
	}
}
