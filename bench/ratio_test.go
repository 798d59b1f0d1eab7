package bench

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// ratio is a promise about two ways to do the same work.
type ratio struct {
	name       string
	ours, them func()
	rounds     int
	// least is how many times faster than them ours must be; most is how many
	// times as long as them it may take. One of them is 0.
	least, most float64
}

// median measures ours and them in turns, so that whatever else the machine
// does meets both, and returns the median over the rounds of them/ours.
func (r *ratio) median() float64 {
	calls := func(f func()) int { // as many as take some 20 ms
		begin, n := time.Now(), 0
		for time.Since(begin) < 20*time.Millisecond {
			f()
			n++
		}
		return n
	}
	measure := func(f func(), n int) float64 {
		begin := time.Now()
		for range n {
			f()
		}
		return time.Since(begin).Seconds() / float64(n)
	}
	oursN, themN := calls(r.ours), calls(r.them)
	ratios := make([]float64, r.rounds)
	for i := range ratios {
		if i%2 == 0 { // neither is always first
			o := measure(r.ours, oursN)
			ratios[i] = measure(r.them, themN) / o
		} else {
			t := measure(r.them, themN)
			ratios[i] = t / measure(r.ours, oursN)
		}
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// TestRatios holds the promises of speed. Tight bounds need a machine that is
// not busy with something else: make bench-check sets GATEHOUSE_RATIOS and holds
// them; otherwise a few rounds hold half of each promise, so that a plain test
// run notices what has become much slower and does not flap.
func TestRatios(t *testing.T) {
	slack, rounds := 2.0, 5
	if os.Getenv("GATEHOUSE_RATIOS") != "" {
		slack, rounds = 1, 21
	}
	for _, r := range slices.Concat(schemaRatios(t), answerRatios(t), loadRatios(t), tokenRatios(t)) {
		t.Run(r.name, func(t *testing.T) {
			r.rounds = min(r.rounds, rounds)
			got := r.median()
			if got < r.wanted()/slack {
				got = max(got, r.median()) // once more before it counts
			}
			if r.least > 0 {
				t.Logf("%.1f times faster, promised %.1f", got, r.least)
			} else {
				t.Logf("%.2f times as long, promised at most %.2f", 1/got, r.most)
			}
			if got < r.wanted()/slack {
				t.Errorf("the promise is not held, even by a factor of %.0f", slack)
			}
		})
	}
}

// wanted is the least value of them/ours.
func (r *ratio) wanted() float64 {
	if r.most > 0 {
		return 1 / r.most
	}
	return r.least
}

func schemaRatios(t *testing.T) (list []ratio) {
	data := testdata.Order(1 << 10)
	by := map[string]func(){}
	for _, r := range orderReaders(t) {
		by[r.name] = func() {
			if !r.read(data) {
				t.Fatal(r.name, "refuses the order")
			}
		}
	}
	for _, ours := range []string{"gatehouse-3.0", "gatehouse-3.1"} {
		list = append(list,
			ratio{name: ours + "-against-jsonschema-v6", ours: by[ours], them: by["jsonschema-v6"], rounds: 21, least: 15},
			ratio{name: ours + "-against-kin-openapi-3.0", ours: by[ours], them: by["kin-openapi-3.0"], rounds: 21, least: 12},
			ratio{name: ours + "-against-jsontext-syntax-only", ours: by[ours], them: by["jsontext-syntax-only"], rounds: 21, most: 1.8},
		)
	}
	return list
}

func loadRatios(t *testing.T) (list []ratio) {
	for _, doc := range bigDocuments {
		path := documentPath(t, doc.name)
		list = append(list, ratio{
			name: "plan-of-" + doc.name + "-against-encoding-json",
			ours: func() { loaders[0].load(t, path) }, them: func() { loaders[1].load(t, path) }, rounds: 7, most: 3,
		})
	}
	return list
}
