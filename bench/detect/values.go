package main

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// value is one labelled value of a parameter.
type value struct {
	text    string
	label   string // the class of the attack, or norm
	hostile bool
}

// readValues reads payload, length, attack_type and label.
func readValues(name string) ([]value, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes = true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var values []value
	for _, row := range rows[1:] {
		values = append(values, value{row[0], row[2], row[3] != "norm"})
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s holds no values", name)
	}
	return values, nil
}

// halves splits values by a hash of the text: rules are written with an eye on
// the first half, and the second tells whether they mean more than that.
func halves(values []value) (developed, held []value) {
	for _, v := range values {
		h := fnv.New32a()
		h.Write([]byte(v.text))
		if h.Sum32()%2 == 0 {
			developed = append(developed, v)
		} else {
			held = append(held, v)
		}
	}
	return developed, held
}

// pick takes n values of each label, the same for the same seed.
func pick(values []value, n int, seed uint64) (some []value) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	by := map[string][]value{}
	for _, v := range values {
		by[v.label] = append(by[v.label], v)
	}
	for _, label := range labels(by) {
		list := by[label]
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		some = append(some, list[:min(n, len(list))]...)
	}
	return some
}

func labels[V any](by map[string]V) (names []string) {
	for name := range by {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// tally counts values and those that were refused, by label.
type tally struct {
	all, hit map[string]int
	hostile  map[string]bool
	wrong    []value
	took     time.Duration
}

// judgeAll judges values as parameters of a query of which nothing is known.
func judgeAll(values []value) *tally {
	return count(values, func(v value) bool {
		return detect.Judge([]byte(v.text), detect.Query, detect.Unknown).Score >= detect.Threshold(detect.Unknown)
	})
}

func count(values []value, refuses func(value) bool) *tally {
	t := &tally{all: map[string]int{}, hit: map[string]int{}, hostile: map[string]bool{}}
	begin := processorTime()
	for _, v := range values {
		t.all[v.label]++
		t.hostile[v.label] = v.hostile
		hit := refuses(v)
		if hit {
			t.hit[v.label]++
		}
		if hit != v.hostile {
			t.wrong = append(t.wrong, v)
		}
	}
	t.took = processorTime() - begin
	return t
}

// add adds another tally.
func (t *tally) add(other *tally) {
	if t.all == nil {
		t.all, t.hit, t.hostile = map[string]int{}, map[string]int{}, map[string]bool{}
	}
	for label, n := range other.all {
		t.all[label] += n
		t.hit[label] += other.hit[label]
		t.hostile[label] = other.hostile[label]
	}
	t.wrong = append(t.wrong, other.wrong...)
	t.took += other.took
}

func (t *tally) share(hostile bool) float64 {
	all, hit := 0, 0
	for label, n := range t.all {
		if t.hostile[label] == hostile {
			all, hit = all+n, hit+t.hit[label]
		}
	}
	if all == 0 {
		return 0
	}
	return 100 * float64(hit) / float64(all)
}

// found is the share of attacks that were refused, refused that of the others.
func (t *tally) found() float64   { return t.share(true) }
func (t *tally) refused() float64 { return t.share(false) }

func (t *tally) values() (n int) {
	for _, one := range t.all {
		n += one
	}
	return n
}

func (t *tally) table(w io.Writer, title string) {
	fmt.Fprintf(w, "%s\n", title)
	for _, label := range labels(t.all) {
		word := "refused, wrongly"
		if t.hostile[label] {
			word = "found"
		}
		fmt.Fprintf(w, "  %-16s %6d of %6d  %7.3f%%  %s\n", label, t.hit[label], t.all[label], 100*float64(t.hit[label])/float64(t.all[label]), word)
	}
	t.line(w, "together")
}

func (t *tally) line(w io.Writer, title string) {
	fmt.Fprintf(w, "  %-28s found %6.2f%%, refused wrongly %6.3f%%, %.2f µs a value\n", title, t.found(), t.refused(), float64(t.took.Microseconds())/float64(t.values()))
}

func (t *tally) misses(w io.Writer) {
	for _, v := range t.wrong {
		fmt.Fprintf(w, "    %s %.300q\n", v.label, v.text)
	}
}
