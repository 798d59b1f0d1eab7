package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
)

var full = gate.Event{
	ID: gate.ID([]byte("01jd0000000000000000000000")), Trace: [16]byte{0x0a, 15: 0xf1}, Span: [8]byte{7: 0xb7}, Time: time.Date(2031, 2, 3, 4, 5, 6, 7e6, time.UTC),
	API: "pets", Operation: "feed \"all\"", Method: "POST", Path: "/pets/{id}", Mode: gate.Observe, Outcome: gate.Refused,
	Status: 400, Guard: "request", Denied: true, Code: gate.BodySchema, In: "body", Name: "n", Pointer: "/a", Keyword: "type", Kind: "order", Caller: 0x1f,
	Rules: []string{"clerks", "rules.cedar#2"}, Would: []gate.Code{gate.PathUnknown, gate.BodyMedia}, Signals: gate.NoAccept | gate.Fingerprint, JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1", Version: "HTTP/1.1", Secure: true,
	Client: netip.MustParsePrefix("203.0.113.0/24"), BodyIn: 10, BodyOut: 20, Took: 1500 * time.Microsecond, Upstream: time.Millisecond,
	SentTo: "http://127.0.0.1:9000", Tries: 2,
}

func TestEventLine(t *testing.T) {
	const want = `{"time":"2031-02-03T04:05:06.007Z","event":"exchange","id":"01jd0000000000000000000000","trace":"0a0000000000000000000000000000f1","span":"00000000000000b7","outcome":"refused","mode":"observe",` +
		`"api":"pets","operation":"feed \"all\"","method":"POST","path":"/pets/{id}","status":400,"code":"body-schema","guard":"request",` +
		`"in":"body","name":"n","pointer":"/a","keyword":"type","kind":"order","caller":"000000000000001f","policies":["clerks","rules.cedar#2"],"would_refuse":["path-unknown","body-media"],"signals":["no-accept","fingerprint"],"ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1","http":"HTTP/1.1","tls":true,` +
		`"client":"203.0.113.0/24","bytes_in":10,"bytes_out":20,"took_us":1500,"upstream_us":1000,"upstream":"http://127.0.0.1:9000","tries":2}` + "\n"
	got := string(record.AppendEvent(nil, &full))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid([]byte(got)) || !json.Valid(record.AppendEvent(nil, &gate.Event{ID: full.ID})) {
		t.Error("not valid JSON")
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	b := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { b = record.AppendEvent(b[:0], &full) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEveryEventIsWritten(t *testing.T) {
	var out bytes.Buffer
	l := record.NewLines(&out, slog.New(slog.DiscardHandler))
	var producers sync.WaitGroup
	for range 4 {
		producers.Go(func() {
			for range 1000 {
				e := full
				l.Record(&e)
			}
		})
	}
	producers.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4000 {
		t.Fatalf("%d of 4000 lines", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Fatalf("a torn line: %s", line)
		}
	}
}

// blocked is a writer that waits until it is let go.
type blocked struct {
	gone chan struct{}
	out  bytes.Buffer
}

func (b *blocked) Write(p []byte) (int, error) {
	<-b.gone
	return b.out.Write(p)
}

// TestSlowWriter fills the queue behind a writer that hangs: Record must not
// block, and the stream must say how many events are missing.
func TestSlowWriter(t *testing.T) {
	const sent = 20000
	w := &blocked{gone: make(chan struct{})}
	l := record.NewLines(w, slog.New(slog.DiscardHandler))
	for range sent {
		l.Record(&full)
	}
	if l.Lost() == 0 {
		t.Fatal("nothing was lost although nothing was written: the queue has no bound")
	}
	close(w.gone)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	written, lost := 0, uint64(0)
	for line := range strings.Lines(w.out.String()) {
		var e struct {
			Event string
			Count uint64
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == "lost" {
			lost += e.Count
		} else {
			written++
		}
	}
	if lost == 0 || written+int(lost) != sent {
		t.Errorf("%d written and %d reported lost of %d", written, lost, sent)
	}
}

// failing fails, after a part, as long as bad is set.
type failing struct {
	mu  sync.Mutex
	bad bool
	out bytes.Buffer
}

func (f *failing) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad {
		n, _ := f.out.Write(p[:10])
		return n, errors.New("disk full")
	}
	return f.out.Write(p)
}

func (f *failing) set(bad bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = bad
}

func TestFailingWriter(t *testing.T) {
	var said bytes.Buffer
	w := &failing{bad: true}
	l := record.NewLines(w, slog.New(slog.NewTextHandler(&said, nil)))
	l.Record(&full)
	for l.Lost() == 0 { // until the writer has met the error
		time.Sleep(time.Millisecond)
	}
	w.set(false)
	l.Record(&full)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "disk full") || !strings.Contains(w.out.String(), `"event":"lost","count":1`) {
		t.Errorf("log: %s\nstream: %s", &said, &w.out)
	}
	if !strings.Contains(w.out.String(), "\n"+string(record.AppendEvent(nil, &full))) {
		t.Errorf("the event after the failure does not stand on a line of its own: %s", &w.out)
	}
}

// held is a writer that takes nothing until it may.
type held struct{ until chan struct{} }

func (h held) Write(p []byte) (int, error) {
	<-h.until
	return len(p), nil
}

func TestRecordAllocatesNothing(t *testing.T) {
	h := held{make(chan struct{})}
	l := record.NewLines(h, slog.New(slog.DiscardHandler))
	defer l.Close()
	for range 20000 { // until every buffer has its size
		l.Record(&full)
	}
	close(h.until)
	if n := testing.AllocsPerRun(1000, func() { l.Record(&full) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	l := record.NewLines(io.Discard, slog.New(slog.DiscardHandler))
	defer l.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Record(&full)
		}
	})
}

func BenchmarkAppendEvent(b *testing.B) {
	line := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		line = record.AppendEvent(line[:0], &full)
	}
}

// TestNamedEventLine: pseudonyms stand in the place of the hash of callers and of
// the client's network.
func TestNamedEventLine(t *testing.T) {
	e := full
	e.Principal, e.Account, e.Address, e.Login, e.Client = gate.Pseudonym{0xa1, 15: 1}, gate.Pseudonym{0xa2, 15: 2}, gate.Pseudonym{0xa3, 15: 3}, gate.LoginRight, netip.Prefix{}
	line := string(record.AppendEvent(nil, &e))
	for _, want := range []string{`,"caller":"a1000000000000000000000000000001","account":"a2000000000000000000000000000002","login":"succeeded",`, `"tls":true,"address":"a3000000000000000000000000000003",`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
	var got gate.Event
	if err := record.ParseEvent([]byte(line), &got); err != nil || string(record.AppendEvent(nil, &got)) != line {
		t.Errorf("read as %+v, %v", got, err)
	}
	if strings.Contains(line, "1f") || strings.Contains(line, `"client"`) {
		t.Error(line)
	}
	for _, wrong := range []string{`"login":"unjudged"`, `"login":""`} {
		if record.ParseEvent([]byte(strings.Replace(line, `"login":"succeeded"`, wrong, 1)), &got) == nil {
			t.Errorf("%s is read", wrong)
		}
	}
}
