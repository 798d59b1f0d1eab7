package backlog

import (
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// crashes is how many crashes are tried: GATEHOUSE_CRASHES tries more.
func crashes() int {
	if n, err := strconv.Atoi(os.Getenv("GATEHOUSE_CRASHES")); err == nil {
		return n
	}
	return 300
}

// TestCrashesLoseNothing stops the machine at random calls of its disk. After
// the end of a program every line that was taken is delivered, after a loss of
// power every one that was synced; what was delivered before may come again.
func TestCrashesLoseNothing(t *testing.T) {
	ring, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for seed := range uint64(crashes()) {
		m := newMemory(seed)
		power := seed%2 == 1
		o := Options{Max: 64 * MinBytes, disk: m, Name: "x"}
		if seed%3 == 0 {
			o.Sealer = ring
		}
		taken, synced, done := map[int]bool{}, map[int]bool{}, map[int]bool{}
		next := 0
		for range 4 { // lives of the program
			b, err := Open(o)
			if err != nil {
				t.Fatal(seed, err)
			}
			b.each = 2000 // many segments
			m.calls = m.rand.IntN(120)
			for m.calls != 0 {
				switch m.rand.IntN(6) {
				case 0:
					if batch, ok, err := b.Next(1 + m.rand.IntN(900)); err == nil && ok {
						for _, n := range numbers(t, batch.Lines) {
							done[n] = true
						}
						b.Done(batch)
					}
				case 1:
					before := make([]int, 0, len(taken))
					for n := range taken {
						before = append(before, n)
					}
					if b.Sync() == nil {
						for _, n := range before {
							synced[n] = true
						}
					}
				default:
					if b.Append(numbered(next, 20+m.rand.IntN(300)), 1, time.Now()) == nil {
						taken[next] = true
					}
					next++
				}
			}
			tried++
			if m.start(power); power {
				maps.DeleteFunc(taken, func(n int, _ bool) bool { return !synced[n] })
			}
		}
		b, err := Open(o)
		if err != nil {
			t.Fatal(seed, err)
		}
		want := taken
		if power {
			want = synced
		}
		for _, n := range drain(t, b) {
			if n >= next {
				t.Fatal(seed, ": a line that nobody put in: ", n)
			}
			done[n] = true
		}
		for n := range want {
			if !done[n] {
				t.Fatalf("seed %d, power %v: line %d is lost; %+v", seed, power, n, b.Stats())
			}
		}
	}
	if tried == 0 {
		t.Error("nothing was tried")
	}
}

// FuzzRestore opens a backlog of any bytes: it never fails, and delivers whole
// frames alone.
func FuzzRestore(f *testing.F) {
	m := newMemory(1)
	b, err := Open(Options{Max: MinBytes, disk: m})
	if err != nil {
		f.Fatal(err)
	}
	b.Append(numbered(1, 30), 1, time.Now())
	b.Append(numbered(2, 30), 1, time.Now())
	f.Add(m.files[segmentName(1)].now, m.files[placeName].now)
	f.Add([]byte("G\x00\x00\x00\xff\xff\xff\xff"), make([]byte, 64))
	f.Fuzz(func(t *testing.T, lines, place []byte) {
		m := newMemory(1)
		m.files[segmentName(1)] = &content{now: lines}
		m.files[placeName] = &content{now: place}
		b, err := Open(Options{Max: MinBytes, disk: m})
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			batch, ok, err := b.Next(1 << 10)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			b.Done(batch)
		}
		if s := b.Stats(); s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
		if err := b.Append(numbered(3, 30), 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		if list := drain(t, b); len(list) != 1 || list[0] != 3 {
			t.Error(list)
		}
	})
}
