//go:build unix

package journal_test

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record/journal"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// whole is an event as a busy gate has it, with a line of about 500 bytes.
func whole() *gate.Event {
	return &gate.Event{
		ID: gate.NewID(time.Now()), Time: time.Now(), API: "Bench", Operation: "createOrder", Method: "POST", Path: "/orders/{order}",
		Trace: [16]byte{1, 2, 3}, Span: [8]byte{4, 5}, Outcome: gate.Passed, Status: 201, Version: "HTTP/1.1", Secure: true,
		Client: netip.MustParsePrefix("192.0.2.0/24"), BodyIn: 1024, BodyOut: 1024, Took: 812 * time.Microsecond, Upstream: 640 * time.Microsecond,
	}
}

// processor is how much of it this program has used.
func processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRecorded is what a call costs that is recorded, in a real folder: all
// that the program does for it, also behind the call, in time of the processor.
func BenchmarkRecorded(b *testing.B) {
	b.Run("record", func(b *testing.B) { recorded(b, false, drive) })
	b.Run("record-10000-a-second", func(b *testing.B) { recorded(b, false, pace) })
	b.Run("durable", func(b *testing.B) { recorded(b, true, drive) })
}

// drive makes calls from many goroutines as fast as they go.
func drive(b *testing.B, call func()) {
	b.SetParallelism(256)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			call()
			runtime.Gosched() // others have their turn, as between requests
		}
	})
}

// pace makes ten thousand calls a second.
func pace(b *testing.B, call func()) {
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for left := b.N; left > 0; left -= 10 {
		for range min(left, 10) {
			call()
		}
		<-every.C
	}
}

func recorded(b *testing.B, durable bool, drive func(*testing.B, func())) {
	k, err := keys.Generate()
	if err != nil {
		b.Fatal(err)
	}
	l, err := ledger.Open(ledger.Options{Dir: b.TempDir(), Origin: "test.example/1", Keys: k.Data()})
	if err != nil {
		b.Fatal(err)
	}
	j := journal.New()
	j.Use(l)
	var refused atomic.Int64
	e, x := whole(), &gate.Exchange{Context: b.Context()}
	call := func() {
		a, err := j.Begin(x.Context, e, durable)
		for err != nil { // faster than the disk
			refused.Add(1)
			time.Sleep(time.Millisecond)
			a, err = j.Begin(x.Context, e, durable)
		}
		if err := a.Answered(x, e); err != nil {
			b.Error(err)
		}
		a.End(e)
	}
	b.ReportAllocs()
	used := processor()
	b.ResetTimer()
	drive(b, call)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(processor()-used)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(refused.Load())/float64(b.N), "refused/op")
}
