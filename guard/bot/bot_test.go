package bot

import (
	"net/netip"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var start = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)

func call(path, from string, after time.Duration) *gate.Exchange {
	return &gate.Exchange{Path: []byte(path), Client: netip.MustParseAddr(from), Received: start.Add(after)}
}

func trap() (*State, *Trap) {
	s := NewState()
	return s, NewTrap(s, "a", []string{"/.env", "/wp-login.php", "/.GIT/"}, time.Hour)
}

// TestPaths tries to ask for honeypots by other spellings.
func TestPaths(t *testing.T) {
	rows := map[string]bool{
		"/.env": true, "/.ENV": true, "/%2eenv": true, "/%2Eenv": true, "/WP-login%2Ephp": true, "/.git/config": true, "/.Git/": true,
		"/": false, "/.en": false, "/.env/": false, "/.envs": false, "/a/.env": false, "/.git": false, "/.env%": false, "/%2": false, "/%zzenv": false, "": false,
	}
	_, trap := trap()
	for path, want := range rows {
		if trap.holds([]byte(path)) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
	long := append([]byte("/.git/"), make([]byte, 5000)...)
	if !trap.holds(long) {
		t.Error("a long path below one is none")
	}
}

// TestMarks shows who is marked, for how long, and who is not.
func TestMarks(t *testing.T) {
	rows := []struct {
		name, hit, site, from, later, api string
		after                             time.Duration
		code                              gate.Code
	}{
		{"marked", "/.env", "", "192.0.2.1", "192.0.2.1", "a", time.Minute, gate.BotSuspected},
		{"mapped", "/.env", "", "192.0.2.1", "::ffff:192.0.2.1", "a", time.Minute, gate.BotSuspected},
		{"beside", "/.env", "", "192.0.2.1", "192.0.2.2", "a", time.Minute, 0},
		{"same-64", "/.env", "", "2001:db8::1", "2001:db8::ffff:1", "a", time.Minute, gate.BotSuspected},
		{"other-64", "/.env", "", "2001:db8::1", "2001:db8:0:1::1", "a", time.Minute, 0},
		{"over", "/.env", "", "192.0.2.1", "192.0.2.1", "a", time.Hour + 1, 0},
		{"other-api", "/.env", "", "192.0.2.1", "192.0.2.1", "b", time.Minute, 0},
		{"no-honeypot", "/pets", "", "192.0.2.1", "192.0.2.1", "a", time.Minute, 0},
		{"led-by-a-page", "/.env", "cross-site", "192.0.2.1", "192.0.2.1", "a", time.Minute, 0},
		{"by-hand", "/.env", "none", "192.0.2.1", "192.0.2.1", "a", time.Minute, gate.BotSuspected},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s, trap := trap()
			hit := call(row.hit, row.from, 0)
			if row.site != "" {
				hit.Fields = []gate.Field{{Name: []byte("sec-fetch-site"), Value: []byte(row.site)}}
			}
			trap.Stranger(hit)
			if told := len(hit.Would) == 1; told != (row.hit == "/.env") {
				t.Errorf("told %v", hit.Would)
			}
			x := call("/pets", row.later, row.after)
			v := New(s, Options{API: row.api}).Head(x)
			if (v == gate.Deny) != (row.code != 0) || x.Refusal.Code != row.code {
				t.Errorf("%v %v, want %v", v, x.Refusal.Code, row.code)
			}
		})
	}
}

type asked struct{ n int }

func (a *asked) Demand(x *gate.Exchange) gate.Verdict {
	a.n++
	return x.Deny(gate.Refusal{Code: gate.ChallengeRequired})
}

// TestOn does each thing with one who is marked.
func TestOn(t *testing.T) {
	s, trap := trap()
	trap.Stranger(call("/.env", "192.0.2.1", 0))
	x := call("/", "192.0.2.1", 1)
	if New(s, Options{API: "a", Observe: true}).Head(x) != gate.Allow || len(x.Would) != 1 || x.Would[0] != gate.BotSuspected {
		t.Errorf("observed: %v", x.Would)
	}
	who := &asked{}
	if x = call("/", "192.0.2.1", 1); New(s, Options{API: "a", Challenge: who}).Head(x) != gate.Deny || who.n != 1 || x.Refusal.Code != gate.ChallengeRequired {
		t.Errorf("challenged: %v, %d times", x.Refusal.Code, who.n)
	}
	if s.Trapped.Load() != 1 || s.Met.Load() != 2 {
		t.Errorf("counted %d, %d", s.Trapped.Load(), s.Met.Load())
	}
	if v := New(s, Options{API: "a"}).Head(&gate.Exchange{Received: start}); v != gate.Allow {
		t.Error("a Unix socket is marked")
	}
}

// TestFlood marks more networks than there is room for; the last is still known.
func TestFlood(t *testing.T) {
	s, trap := trap()
	at := netip.MustParseAddr("10.0.0.0")
	for range 2 * sets * 8 {
		at = at.Next()
		trap.Stranger(&gate.Exchange{Path: []byte("/.env"), Client: at, Received: start})
	}
	if !s.marked("a", &gate.Exchange{Client: at, Received: start.Add(1)}) {
		t.Error("the last one is not known")
	}
}

// TestAlloc holds the guard and the trap to no allocation.
func TestAlloc(t *testing.T) {
	s, trap := trap()
	trap.Stranger(call("/.env", "192.0.2.1", 0))
	g, miss, x := New(s, Options{API: "a"}), call("/Some/%2epath", "192.0.2.9", 1), call("/", "192.0.2.1", 1)
	if n := testing.AllocsPerRun(100, func() { g.Head(x); g.Head(miss); trap.Stranger(miss) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkHead judges one who is not marked while somebody is.
func BenchmarkHead(b *testing.B) {
	s, trap := trap()
	trap.Stranger(call("/.env", "192.0.2.1", 0))
	g, x := New(s, Options{API: "a"}), call("/", "192.0.2.9", 1)
	b.ReportAllocs()
	for b.Loop() {
		g.Head(x)
	}
}

// FuzzPath must end, and finds what is below a honeypot whatever it is.
func FuzzPath(f *testing.F) {
	f.Add("/%2eenv")
	f.Add("/.git/%")
	_, trap := trap()
	f.Fuzz(func(t *testing.T, path string) {
		trap.holds([]byte(path))
		if !trap.holds([]byte("/.git/" + path)) {
			t.Error("not below")
		}
	})
}
