package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger"
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

// traces are those of calls that somebody has heard of. Each call has its own.
type traces struct {
	mu   sync.Mutex
	list map[string]bool // guarded by mu
}

// note takes a trace and returns how many there are.
func (h *traces) note(trace string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.list == nil {
		h.list = map[string]bool{}
	}
	h.list[trace] = true
	return len(h.list)
}

// missing is one that is not among others, and how many there are.
func (h *traces) missing(others *traces) (one string, n int) {
	for trace := range h.list {
		if !others.list[trace] {
			one = trace
			n++
		}
	}
	return one, n
}

// siege is a gate that is killed under load again and again, and what was heard of
// its calls.
type siege struct {
	t        *testing.T
	h        *house
	file     string
	count    atomic.Uint64 // of calls
	answered traces        // clients had the first byte of an answer
	called   traces        // the API was called
}

// api is one that notes who calls.
func (l *siege) api() string {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if parts := strings.Split(r.Header.Get("Traceparent"), "-"); len(parts) == 4 {
			l.called.note(parts[1])
		}
		io.WriteString(w, r.URL.Path)
	}))
	l.t.Cleanup(api.Close)
	return api.URL
}

// killed starts a gate, has clients call it, and kills it (SIGKILL) when so many
// more of them had an answer.
func (l *siege) killed(after int) {
	l.t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childGate+"="+l.file)
	child.Stderr = &l.h.log
	out, err := child.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		l.t.Fatal(err)
	}
	defer child.Wait()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		l.t.Fatal("the gate does not start: ", err)
	}
	url = strings.TrimSpace(url) + "/a"
	enough := len(l.answered.list) + after
	var clients sync.WaitGroup
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	for range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				trace := fmt.Sprintf("%032x", l.count.Add(1))
				request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
				request.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-00")
				answer, err := client.Do(request)
				if err != nil {
					return // it was killed
				}
				if answer.StatusCode == http.StatusOK && l.answered.note(trace) == enough { // the first byte is what acknowledges
					child.Process.Kill()
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
	clients.Wait()
	if ctx.Err() != nil {
		child.Process.Kill()
		l.t.Fatalf("there are no %d answers:\n%s", after, l.h.log.String())
	}
}

// TestKilled kills a gate under load, again and again: of each call that came to
// the API the ledger has what was intended, of each that a client had the answer of
// how it ended, and it is whole. GATEHOUSE_KILLS says how often.
func TestKilled(t *testing.T) {
	times := 4
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_KILLS")); err == nil {
		times = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	h := recordedHouse(t, "    audit: durable\n")
	l := &siege{t: t, h: h, file: filepath.Join(h.dir, "gatehouse.yaml")}
	text := strings.NewReplacer("handover: handover.sock\n", "", "{events: none,", "{events: none, tracing: {from: everybody},").Replace(h.text("gatehouse.yaml"))
	h.write("gatehouse.yaml", regexp.MustCompile(`url: "[^"]*"`).ReplaceAllString(text, `url: "`+l.api()+`"`))
	for range times {
		l.killed(1 + r.IntN(100))
	}
	intents, outcomes := l.onRecord()
	t.Logf("%d calls of the API, %d answers; %d intents and %d outcomes on record", len(l.called.list), len(l.answered.list), len(intents.list), len(outcomes.list))
	if one, n := l.called.missing(intents); n > 0 || len(l.called.list) < times {
		t.Errorf("%d of %d calls came to the API and were not on record before, as %s", n, len(l.called.list), one)
	}
	if one, n := l.answered.missing(outcomes); n > 0 || len(l.answered.list) < times {
		t.Errorf("%d of %d answers are not on record, as that of %s", n, len(l.answered.list), one)
	}
}

// onRecord verifies the ledger and reads which calls it has.
func (l *siege) onRecord() (intents, outcomes *traces) {
	t := l.t
	t.Helper()
	keys, problems := DataKeys(t.Context(), l.file)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(l.h.dir, "state", "ledger")
	book, err := ledger.Open(ledger.Options{Dir: dir, Origin: "test.example/gate-1", Keys: keys, KeepFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
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
	intents, outcomes = new(traces), new(traces)
	if err := ledger.Entries(folder, 0, 1<<40, func(_ int64, sealed []byte) error {
		entry, err := open(sealed)
		if err != nil {
			return err
		}
		var e struct{ Event, Outcome, Trace string }
		if err := json.Unmarshal(entry, &e); err != nil {
			return err
		}
		switch {
		case e.Event == "intent":
			intents.note(e.Trace)
		case e.Event == "outcome" && e.Outcome == "passed":
			outcomes.note(e.Trace)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return intents, outcomes
}
