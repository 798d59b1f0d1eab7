package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record"
)

// childGate is set for gates that tests start to kill them: a gatehouse.yaml.
const childGate = "GATEHOUSE_TEST_SERVE_CHILD"

// TestMain serves until it is killed where it is the child of a test.
func TestMain(m *testing.M) {
	if file := os.Getenv(childGate); file != "" {
		p, err := Start(Config{File: file, Stderr: os.Stderr, Poll: -1})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(p.URL())
		select {}
	}
	os.Exit(m.Run())
}

// killed starts a gate, has clients call it, kills it (SIGKILL) after a time, and
// returns how many answers clients had.
func killed(t *testing.T, h *house, file string, after time.Duration) (acknowledged int64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childGate+"="+file)
	child.Stderr = &h.log
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("the gate does not start: ", err)
	}
	url = strings.TrimSpace(url) + "/a"
	var had atomic.Int64
	var clients sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
				answer, err := client.Do(request)
				if err != nil {
					return // it was killed
				}
				if answer.StatusCode == http.StatusOK { // the first byte is what acknowledges
					had.Add(1)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
	time.Sleep(after)
	child.Process.Kill()
	clients.Wait()
	return had.Load()
}

// TestKilled kills a gate under load, again and again: what a client had the
// answer of is in the ledger, which is whole. GATEHOUSE_KILLS says how often.
func TestKilled(t *testing.T) {
	times := 4
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_KILLS")); err == nil {
		times = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	h := recordedHouse(t, "    audit: durable\n")
	file := filepath.Join(h.dir, "gatehouse.yaml")
	h.write("gatehouse.yaml", strings.Replace(h.text("gatehouse.yaml"), "handover: handover.sock\n", "", 1))
	var acknowledged int64
	for range times {
		acknowledged += killed(t, h, file, time.Duration(20+r.IntN(150))*time.Millisecond)
	}
	keys, problems := DataKeys(t.Context(), file)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(h.dir, "state", "ledger")
	l, err := ledger.Open(ledger.Options{Dir: dir, Origin: "test.example/gate-1", Keys: keys, KeepFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	folder, err := ledger.ReadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if report, err := ledger.Verify(folder, ledger.Check{}); err != nil || report.Fault != nil {
		t.Fatal(report, err)
	}
	open, err := ledger.Opener(folder, keys)
	if err != nil {
		t.Fatal(err)
	}
	var kept int64
	if err := ledger.Entries(folder, 0, 1<<40, func(_ int64, sealed []byte) error {
		entry, err := open(sealed)
		if err != nil {
			return err
		}
		_, err = record.Read(strings.NewReader(string(entry)), func(l *record.Line) error {
			if l.Event == "outcome" && l.Outcome == "passed" {
				kept++
			}
			return nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers, %d outcomes on record", acknowledged, kept)
	if acknowledged == 0 || kept < acknowledged {
		t.Errorf("clients had %d answers, %d are on record", acknowledged, kept)
	}
}
