package revocation_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func alice(issued time.Time) *gate.Principal {
	return &gate.Principal{ID: "https://id.example|alice", Issuer: "https://id.example", Subject: "alice", Client: "app", Session: "s1", Serial: "t1", Credential: "staff", Issued: issued}
}

func TestRevoked(t *testing.T) {
	at := func(kind revocation.Kind, issuer, name string) revocation.Revocation {
		return revocation.Revocation{Kind: kind, Issuer: issuer, Name: name, Before: now}
	}
	earlier, later := now.Add(-time.Minute), now.Add(time.Minute)
	rows := []struct {
		name    string
		revoked revocation.Revocation
		issued  time.Time
		want    bool
	}{
		{"serial", at(revocation.Serial, "https://id.example", "t1"), earlier, true},
		{"serial-also-when-issued-later", at(revocation.Serial, "https://id.example", "t1"), later, true},
		{"another-serial", at(revocation.Serial, "https://id.example", "t2"), earlier, false},
		{"serial-of-another-issuer", at(revocation.Serial, "https://other.example", "t1"), earlier, false},
		{"serial-of-any-issuer", at(revocation.Serial, "", "t1"), earlier, true},
		{"session", at(revocation.Session, "https://id.example", "s1"), earlier, true},
		{"subject", at(revocation.Subject, "https://id.example", "alice"), earlier, true},
		{"subject-that-came-again", at(revocation.Subject, "https://id.example", "alice"), later, false},
		{"subject-at-the-moment", at(revocation.Subject, "https://id.example", "alice"), now, true},
		{"subject-without-time", at(revocation.Subject, "https://id.example", "alice"), time.Time{}, true},
		{"client", at(revocation.Client, "https://id.example", "app"), earlier, true},
		{"client-is-no-subject", at(revocation.Client, "https://id.example", "alice"), earlier, false},
		{"credential", at(revocation.Credential, "ignored", "staff"), earlier, true},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			table := revocation.New(0)
			p := alice(r.issued)
			if table.Revoked(p, now) {
				t.Error("revoked by nothing")
			}
			if err := table.Revoke(r.revoked, now); err != nil {
				t.Fatal(err)
			}
			if got := table.Revoked(p, now); got != r.want {
				t.Errorf("revoked is %v", got)
			}
			if got := table.Revoked(p, now); got != r.want {
				t.Errorf("asked again it is %v", got)
			}
		})
	}
}

// TestSkew takes a token for one of before the moment when the clock of its
// issuer may be so far ahead that it is.
func TestSkew(t *testing.T) {
	const skew = 30 * time.Second
	for name, row := range map[string]struct {
		issued time.Duration // after the moment
		skew   time.Duration
		want   bool
	}{
		"before":                  {-1, skew, true},
		"at-the-moment":           {0, skew, true},
		"within-the-skew":         {skew - 1, skew, true},
		"at-the-end-of-the-skew":  {skew, skew, true},
		"behind-it":               {skew + 1, skew, false},
		"by-our-own-clock":        {1, 0, false},
		"by-our-own-clock-before": {0, 0, true},
	} {
		for _, kind := range []revocation.Kind{revocation.Subject, revocation.Session, revocation.Client, revocation.Credential} {
			table := revocation.New(0)
			if err := table.Revoke(revocation.Revocation{Kind: kind, Name: []string{"", "t1", "s1", "alice", "app", "staff"}[kind], Before: now}, now); err != nil {
				t.Fatal(err)
			}
			p := alice(now.Add(row.issued))
			p.Skew = row.skew
			exact := revocation.New(0)
			of := revocation.Revocation{Kind: kind, Name: []string{"", "t1", "s1", "alice", "app", "staff"}[kind], Before: now, SameClock: true}
			if err := exact.Revoke(of, now); err != nil || exact.Revoked(p, now) != (row.issued <= 0) {
				t.Errorf("%s, kind %d, by the same clock: %v", name, kind, err)
			}
			if of.Before, of.SameClock = now.Add(-time.Hour), false; exact.Revoke(of, now) != nil || exact.Revoked(p, now) != row.want {
				t.Errorf("%s, kind %d: somebody else says so, too", name, kind)
			}
			if got := table.Revoked(p, now); got != row.want {
				t.Errorf("%s, kind %d: revoked is %v", name, kind, got)
			}
		}
	}
}

func TestLifeOfRevocations(t *testing.T) {
	table := revocation.New(2)
	revoke := func(name string, until time.Time, at time.Time) error {
		return table.Revoke(revocation.Revocation{Kind: revocation.Serial, Name: name, Until: until}, at)
	}
	hour := now.Add(time.Hour)
	if err := errors.Join(revoke("t1", hour, now), revoke("t2", time.Time{}, now)); err != nil {
		t.Fatal(err)
	}
	if err := revoke("t3", hour, now); !errors.Is(err, revocation.ErrFull) {
		t.Errorf("at capacity: %v", err)
	}
	if table.Room(revocation.Serial, "", "t3", now) || !table.Room(revocation.Serial, "", "t1", now) || !table.Room(revocation.Serial, "", "t3", hour) {
		t.Error("there is room for others than those that are there, or that lapse")
	}
	if err := errors.Join(revoke("t1", hour, now)); err != nil { // it had lapsed
		t.Fatal(err)
	}
	if err := revoke("t1", now.Add(time.Minute), now); err != nil || table.Len() != 2 {
		t.Error("one that is there takes no room: ", err)
	}
	if !table.Revoked(alice(now), now) {
		t.Error("something was evicted")
	}
	if err := revoke("t3", hour.Add(time.Hour), hour); err != nil { // t1 has lapsed
		t.Error(err)
	}
	if table.Revoked(alice(now), hour) {
		t.Error("lapsed and still there")
	}
	table.Lift(revocation.Serial, "", "t3", hour)
	if table.Len() != 1 {
		t.Errorf("%d left", table.Len())
	}
	for _, r := range []revocation.Revocation{{Name: "x"}, {Kind: revocation.Serial}, {Kind: revocation.Serial, Name: strings.Repeat("x", 1025)}, {Kind: 99, Name: "x"}} {
		if err := table.Revoke(r, now); !errors.Is(err, revocation.ErrName) {
			t.Errorf("%.20q: %v", r.Name, err)
		}
	}
}

// TestReadersSeeWhatWasRevoked runs readers beside a writer: none may remember
// that a principal is clean when it is not.
func TestReadersSeeWhatWasRevoked(t *testing.T) {
	table := revocation.New(0)
	var readers sync.WaitGroup
	principals := make([]*gate.Principal, 200)
	for i := range principals {
		principals[i] = &gate.Principal{Serial: strconv.Itoa(i)}
	}
	done := make(chan bool)
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					for _, p := range principals {
						table.Revoked(p, now)
					}
				}
			}
		})
	}
	for i, p := range principals {
		if err := table.Revoke(revocation.Revocation{Kind: revocation.Serial, Name: strconv.Itoa(i)}, now); err != nil {
			t.Fatal(err)
		}
		if !table.Revoked(p, now) {
			t.Fatal("not seen by the next request")
		}
	}
	close(done)
	readers.Wait()
	for _, p := range principals {
		if !table.Revoked(p, now) {
			t.Fatal("forgotten")
		}
	}
}

func TestKnown(t *testing.T) {
	table := revocation.New(0)
	if !table.Known(time.Now()) {
		t.Error("a table that nobody fills is not known")
	}
	if table.Await(); table.Known(time.Now()) {
		t.Error("known before it was loaded")
	}
	if table.Loaded(); !table.Known(time.Now()) {
		t.Error("not known")
	}
}

func TestNoAllocation(t *testing.T) {
	table := revocation.New(0)
	p := alice(now)
	if n := testing.AllocsPerRun(100, func() {
		p.Clear(0) // as after a change
		table.Revoked(p, now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRevoked(b *testing.B) {
	table := revocation.New(0)
	for i := range 100_000 {
		table.Revoke(revocation.Revocation{Kind: revocation.Subject, Issuer: "i", Name: strconv.Itoa(i)}, now)
	}
	p := alice(now)
	b.Run("seen", func(b *testing.B) {
		for b.Loop() {
			table.Revoked(p, now)
		}
	})
	b.Run("after-a-change", func(b *testing.B) {
		for b.Loop() {
			p.Clear(0)
			table.Revoked(p, now)
		}
	})
}

func TestTableThatIsNotToldForLong(t *testing.T) {
	table, now := revocation.New(0), time.Now()
	table.Limit(time.Minute)
	if table.Fresh(now); !table.Known(now.Add(time.Minute)) || table.Known(now.Add(time.Minute+1)) {
		t.Error("what is known is good for another time than a minute")
	}
	if table.Fresh(now.Add(time.Hour)); !table.Known(now.Add(time.Hour)) {
		t.Error("it is not known although it was told")
	}
	if table.Limit(0); !table.Known(now.Add(1000 * time.Hour)) {
		t.Error("a table of its own grows old")
	}
}
