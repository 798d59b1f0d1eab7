package overload

import (
	"errors"
	"math"
	"net/netip"
	"runtime/debug"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestCallers says whose calls have which class.
func TestCallers(t *testing.T) {
	var words gate.Vocabulary
	c := NewCallers(&words, map[string]Class{"vip": High, "batch": Low, "ops": Critical}, map[string]Class{"partners": Low})
	for _, row := range []struct {
		name string
		p    *gate.Principal
		of   Class
		want Class
	}{
		{"nobody", nil, Normal, Normal},
		{"unknown", &gate.Principal{Credential: "staff"}, High, High},
		{"role", &gate.Principal{Roles: []string{"vip"}}, Normal, High},
		{"role-that-lowers", &gate.Principal{Roles: []string{"batch"}}, High, Low},
		{"highest-role", &gate.Principal{Roles: []string{"batch", "ops"}}, Low, Critical},
		{"credential", &gate.Principal{Credential: "partners"}, High, Low},
		{"role-over-credential", &gate.Principal{Credential: "partners", Roles: []string{"vip"}}, Normal, High},
		{"critical-stays", &gate.Principal{Credential: "partners"}, Critical, Critical},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := c.class(row.p, row.of); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
	if c.best(Low) != Critical || NewCallers(&words, nil, nil).best(Low) != Low {
		t.Error("what a call can turn out to be is wrong")
	}
}

// TestAddresses has clients of IPv6 counted by what one subscriber has.
func TestAddresses(t *testing.T) {
	var c clients
	c.seed()
	at := func(s string) uint64 { return c.address(netip.MustParseAddr(s)) }
	if at("2001:db8::1") != at("2001:db8::ffff:1") || at("2001:db8::1") == at("2001:db8:0:1::1") {
		t.Error("not by 64 bits")
	}
	if at("192.0.2.1") != at("::ffff:192.0.2.1") || at("192.0.2.1") == at("192.0.2.2") {
		t.Error("not by the address")
	}
	if c.address(netip.Addr{}) != 0 || at("0.0.0.0") == 0 {
		t.Error("nobody is somebody")
	}
}

// TestTickets gives back what they were made of.
func TestTickets(t *testing.T) {
	for c := range Classes {
		s := spot{cells - 1, 5}
		k := newTicket(c, true, s)
		if k.class() != c || k.spot() != s || k&held == 0 || k&counted == 0 {
			t.Errorf("%x of %v", k, c)
		}
	}
}

// TestCounts never lets the calls of one class count as those of another.
func TestCounts(t *testing.T) {
	g := New(Options{})
	for c := range Classes {
		for range MostInFlight + 10 {
			g.enter(c, 0, true)
		}
	}
	if got := g.Health().InFlight; got != int(classes)*MostInFlight {
		t.Errorf("%d are at work", got)
	}
}

// TestPlansChange keeps what is known of an API that stays.
func TestPlansChange(t *testing.T) {
	g := New(Options{})
	a, b := g.Limit("a"), g.Limit("b")
	g.Keep(map[string]bool{"a": true})
	if g.Limit("a") != a || g.Limit("b") == b {
		t.Error("what stays is forgotten, or what goes is kept")
	}
	if x := a.Timing("get"); a.Timing("get") != x || a.Timing("put") == x {
		t.Error("operations are mixed up")
	}
	g.Set(Options{MaxInFlight: 100, MinInFlight: 500})
	if h := g.Health(); h.Limit != 100 || g.options.Load().MinInFlight != 100 {
		t.Errorf("%+v", h)
	}
}

// TestMemoryBound finds the least of what there is.
func TestMemoryBound(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	files := func(m map[string]string) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			if text, ok := m[name]; ok {
				return []byte(text), nil
			}
			return nil, errors.New("there is none")
		}
	}
	const machine = "MemTotal:        2048 kB\nMemFree: 1 kB\n"
	for _, row := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing", nil, 0},
		{"machine", map[string]string{"/proc/meminfo": machine}, 2048 << 10},
		{"no-limit", map[string]string{"/proc/meminfo": machine, "/sys/fs/cgroup/memory.max": "max\n"}, 2048 << 10},
		{"container", map[string]string{"/proc/meminfo": machine, "/sys/fs/cgroup/memory.max": "1000\n"}, 1000},
		{"group-above", map[string]string{"/proc/self/cgroup": "0::/system.slice/gatehouse.service\n", "/proc/meminfo": machine, "/sys/fs/cgroup/system.slice/memory.max": "900\n",
			"/sys/fs/cgroup/system.slice/gatehouse.service/memory.max": "max\n"}, 900},
		{"version-1", map[string]string{"/proc/self/cgroup": "5:memory:/a\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "800\n"}, 800},
		{"nonsense", map[string]string{"/proc/meminfo": "MemTotal: x kB\nMemTotal:\n", "/sys/fs/cgroup/memory.max": "-5"}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := memoryBound(files(row.files)); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
		})
	}
	debug.SetMemoryLimit(500)
	if got := memoryBound(files(map[string]string{"/proc/meminfo": machine})); got != 500 {
		t.Errorf("with GOMEMLIMIT, %d", got)
	}
}

func TestMiddle(t *testing.T) {
	buckets := []float64{math.Inf(-1), 0, 0.001, 0.01, 0.1, math.Inf(1)}
	for _, row := range []struct {
		name   string
		counts []uint64
		want   time.Duration
	}{
		{"idle", []uint64{0, 0, 0, 0, 49}, 0},
		{"quick", []uint64{0, 90, 0, 10, 0}, 0},
		{"slow", []uint64{0, 10, 10, 70, 10}, 10 * time.Millisecond},
		{"very-slow", []uint64{0, 10, 0, 0, 90}, 100 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			all := uint64(0)
			for _, n := range row.counts {
				all += n
			}
			if got := middle(buckets, row.counts, all); got != row.want {
				t.Errorf("%v, want %v", got, row.want)
			}
		})
	}
}
