package archive_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// began is when generated events begin; one comes each millisecond.
var began = time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC)

// generate writes n events as a gate writes them, and returns the ids of the
// first, the middle and the last.
func generate(t testing.TB, w interface{ Write([]byte) (int, error) }, n int) (ids [3]string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	var e gate.Event
	for i := range n {
		event(&e, r, i)
		switch i {
		case 0:
			ids[0] = e.ID.String()
		case n / 2:
			ids[1] = e.ID.String()
		case n - 1:
			ids[2] = e.ID.String()
		}
		if b = record.AppendEvent(b, &e); len(b) >= 64<<10 || i == n-1 {
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			b = b[:0]
		}
	}
	return ids
}

var paths = [...]string{"/orders", "/orders/{id}", "/customers", "/customers/{id}", "/items", "/items/{id}", "/search", "/login"}

// event makes event i: nine of ten pass, one caller of 1,000 calls each time and
// one client network of 5,000.
func event(e *gate.Event, r *rand.Rand, i int) {
	at := began.Add(time.Duration(i) * time.Millisecond)
	path := paths[r.IntN(len(paths))]
	*e = gate.Event{
		Time: at, ID: idOf(at, r), API: "Shop", Operation: "op" + path[1:4] + strconv.Itoa(len(path)), Method: "GET", Path: path,
		Outcome: gate.Passed, Status: 200, Caller: 1 + r.Uint64N(1000), Version: "HTTP/1.1", Secure: true,
		Client:  netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(r.IntN(20)), byte(r.IntN(250)), 0}), 24),
		BodyOut: int64(200 + r.IntN(4000)), Took: time.Duration(300+r.IntN(9000)) * time.Microsecond, Upstream: 250 * time.Microsecond,
	}
	if r.IntN(10) == 0 {
		code := gate.BodySchema
		if r.IntN(100) == 0 {
			code = gate.OwnerDenied
		}
		e.Outcome, e.Status, e.Denied, e.Code, e.Guard, e.In, e.Pointer, e.Keyword = gate.Refused, 400, true, code, "request", "body", "/items/0/amount", "minimum"
	}
}

// idOf makes an id as the gate does.
func idOf(at time.Time, r *rand.Rand) (id gate.ID) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	ms := uint64(at.UnixMilli())
	for i := range id {
		n := r.Uint64()
		if i < 10 {
			n = ms >> (45 - 5*i)
		}
		id[i] = alphabet[n&31]
	}
	return id
}

// TestSpeed searches as many events as GATEHOUSE_ARCHIVE_EVENTS says, 200,000
// without it, and says how long that takes. With ten million a question may
// take no more than a second.
func TestSpeed(t *testing.T) {
	n := 200_000
	if text := os.Getenv("GATEHOUSE_ARCHIVE_EVENTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, sealer := range map[string]seal.Sealer{"plain": nil, "sealed": ring} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			begin := time.Now()
			a, err := archive.Open(archive.Options{Dir: dir, MaxBytes: 1 << 40, MaxAge: 365 * 24 * time.Hour, Sealer: sealer, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
			if err != nil {
				t.Fatal(err)
			}
			ids := generate(t, a, n)
			a.Close()
			took := time.Since(begin)
			bytes := sizes(t, dir)
			t.Logf("%d events written in %v, %.2f µs each with making them; %.0f bytes of lines and %.1f of index an event", n, took.Round(time.Millisecond), float64(took.Microseconds())/float64(n), bytes["lines"]/float64(n), bytes["index"]/float64(n))
			ask(t, archive.Shelf{Dir: dir, Sealer: sealer}, ids, n)
		})
	}
}

// ask asks each question three times and says the least time.
func ask(t *testing.T, s archive.Shelf, ids [3]string, n int) {
	middle := began.Add(time.Duration(n/2) * time.Millisecond)
	searches := []struct {
		name  string
		q     archive.Query
		limit int
		least int
	}{
		{"the first by id", archive.Query{ID: ids[0]}, 1, 1},
		{"one in the middle by id", archive.Query{ID: ids[1]}, 1, 1},
		{"the last by id", archive.Query{ID: ids[2]}, 1, 1},
		{"an id that is not there", archive.Query{ID: "01jd0000000000000000000000"}, 1, 0},
		{"100 of a caller", archive.Query{Callers: []string{"000000000000004d"}}, 100, 100},
		{"a caller that is not there", archive.Query{Callers: []string{"0000010000000000"}}, 100, 0},
		{"a code in a minute", archive.Query{Code: "body-schema", Since: middle, Until: middle.Add(time.Minute)}, 100, 100},
		{"an operation that was refused", archive.Query{Operation: "oplog6", Outcome: "refused"}, 100, 100},
		{"a network that is not there", archive.Query{Network: netip.MustParsePrefix("192.0.2.0/24")}, 100, 0},
	}
	said := func(name string, f func() string) {
		least, what := time.Hour, ""
		for range 3 {
			begin := time.Now()
			what = f()
			least = min(least, time.Since(begin))
		}
		t.Logf("%-32s %9v  %s", name, least.Round(10*time.Microsecond), what)
		if n >= 10_000_000 && least > time.Second {
			t.Errorf("%s took %v", name, least)
		}
	}
	for _, q := range searches {
		said(q.name, func() string {
			found, err := s.Search(t.Context(), q.q, q.limit, func([]byte) error { return nil })
			if err != nil || found.Events < q.least || q.least == 0 && found.Events > 0 {
				t.Errorf("%s: %+v, %v", q.name, found, err)
			}
			return fmt.Sprint(found.Events, " found")
		})
	}
	for _, c := range []struct {
		name string
		q    archive.Query
		by   archive.Field
		want int
	}{
		{"all counted by code", archive.Query{}, archive.ByCode, n},
		{"all counted by operation", archive.Query{}, archive.ByOperation, n},
		{"all counted by caller", archive.Query{}, archive.ByCaller, n},
		{"those of a caller by operation", archive.Query{Callers: []string{"000000000000004d"}}, archive.ByOperation, 0},
		{"those of a network by outcome", archive.Query{Network: netip.MustParsePrefix("10.3.0.0/16")}, archive.ByOutcome, 0},
	} {
		said(c.name, func() string {
			counted, found, err := s.Count(t.Context(), c.q, c.by)
			if err != nil || found.Held != n || found.Events < max(c.want, 1) {
				t.Errorf("%s: %+v, %v", c.name, found, err)
			}
			return fmt.Sprint(found.Events, " counted under ", len(counted))
		})
	}
}

func sizes(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]float64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		what := "lines"
		if filepath.Ext(e.Name()) == ".index" {
			what = "index"
		}
		of[what] += float64(info.Size())
	}
	return of
}
