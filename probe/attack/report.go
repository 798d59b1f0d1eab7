package attack

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Report is what came of a run.
type Report struct {
	Values     int            `json:"values"`            // of the corpus
	Skipped    []string       `json:"skipped,omitempty"` // files that are no corpus
	Tried      int            `json:"places_tried"`
	Possible   int            `json:"possible"`            // values times places
	Chosen     int            `json:"chosen"`              // of those, at most as many as were asked for
	Reached    int            `json:"reached"`             // of the chosen, until the time was over
	Excluded   int            `json:"excluded_by_schema"`  // the schema does not take the value there
	Unsendable int            `json:"unsendable"`          // HTTP does not carry it there
	Sent       int            `json:"sent"`                // and judged
	Undecided  map[string]int `json:"undecided,omitempty"` // by what came back
	Untried    []Untried      `json:"untried,omitempty"`
	Total      Row            `json:"total"`
	Classes    []Row          `json:"classes"`
	Places     []Row          `json:"places"`
	Missed     []Missed       `json:"missed,omitempty"`
}

// Untried is an operation or a place that nothing was sent in.
type Untried struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Missed is an attack that was let through.
type Missed struct {
	From  string `json:"from"`
	Class string `json:"class"`
	Place string `json:"place"`
	Value string `json:"value,omitempty"`
	order int    // in which they were sent
}

// Row counts what has something in common.
type Row struct {
	Name        string         `json:"name"`
	Attacks     int            `json:"attacks"`
	Detected    int            `json:"detected"`
	Benign      int            `json:"benign"`
	FalseAlarms int            `json:"false_alarms"`
	Form        int            `json:"refused_for_form"` // attacks and benign values, which count as neither above
	P50         float64        `json:"p50_ms"`
	P99         float64        `json:"p99_ms"`
	Codes       map[string]int `json:"refused_as,omitempty"`
}

// forForm reports whether a value was refused for what it is written with: a
// path has one form (docs/routing.md), and an odd sign breaks it, whatever the
// value means.
func forForm(e errand, a answer) bool { return a.code == "path-form" && e.place.In == "path" }

// Detection is the share of attacks that were refused, in percent; 100 of none.
func (r *Row) Detection() float64 { return percent(r.Detected, r.Attacks, 100) }

// Alarms is the share of benign values that were refused, in percent.
func (r *Row) Alarms() float64 { return percent(r.FalseAlarms, r.Benign, 0) }

func percent(part, whole int, none float64) float64 {
	if whole == 0 {
		return none
	}
	return 100 * float64(part) / float64(whole)
}

// Complete reports whether all that was chosen was sent and judged.
func (r *Report) Complete() bool { return r.Reached == r.Chosen && len(r.Undecided) == 0 && r.Sent > 0 }

// undecide notes an answer that says nothing of the value.
func (r *Report) undecide(why string) {
	if r.Undecided == nil {
		r.Undecided = make(map[string]int)
	}
	r.Undecided[why]++
}

// maxMissed bounds the list of attacks that were let through.
const maxMissed = 100

func (r *Report) miss(e errand, show int) {
	if len(r.Missed) >= max(maxMissed, show) {
		return
	}
	m := Missed{From: e.value.From, Class: e.value.Class, Place: e.place.name, order: e.order}
	if len(r.Missed) < show {
		m.Value = e.value.Payload
	}
	r.Missed = append(r.Missed, m)
}

// tally is a row in the making.
type tally struct {
	row  Row
	took []time.Duration
}

type tallies struct {
	total   *tally
	classes map[string]*tally
	places  map[string]*tally
}

func newTallies() tallies {
	return tallies{&tally{row: Row{Name: "all"}}, make(map[string]*tally), make(map[string]*tally)}
}

// add counts a call that was judged.
func (t *tallies) add(e errand, a answer) {
	class := e.value.Class
	if _, known := t.classes[class]; !known && len(t.classes) >= maxClasses {
		class = "other"
	}
	for _, one := range [...]*tally{t.total, named(t.classes, class), named(t.places, e.place.name)} {
		one.add(e.value.Class != Benign, forForm(e, a), a)
	}
}

func named(m map[string]*tally, name string) *tally {
	if m[name] == nil {
		m[name] = &tally{row: Row{Name: name}}
	}
	return m[name]
}

func (t *tally) add(hostile, form bool, a answer) {
	r, refused := &t.row, a.code != "" && !form
	switch {
	case form:
		r.Form++
	case hostile:
		r.Attacks++
	default:
		r.Benign++
	}
	if t.took = append(t.took, a.took); !refused {
		return
	}
	if hostile {
		r.Detected++
	} else {
		r.FalseAlarms++
	}
	if r.Codes == nil {
		r.Codes = make(map[string]int)
	}
	r.Codes[a.code]++
}

func (t *tally) done() Row {
	slices.Sort(t.took)
	at := func(share float64) float64 {
		if len(t.took) == 0 {
			return 0
		}
		took := t.took[int(share*float64(len(t.took)-1)+0.5)]
		return float64(took.Round(10*time.Microsecond)) / float64(time.Millisecond)
	}
	t.row.P50, t.row.P99 = at(0.5), at(0.99)
	return t.row
}

// into writes all rows, by name, and puts what was missed in order.
func (t *tallies) into(r *Report) {
	slices.SortFunc(r.Missed, func(a, b Missed) int { return cmp.Compare(a.order, b.order) })
	r.Total = t.total.done()
	for _, one := range [...]struct {
		from map[string]*tally
		to   *[]Row
	}{{t.classes, &r.Classes}, {t.places, &r.Places}} {
		for _, row := range slices.SortedFunc(maps.Values(one.from), func(a, b *tally) int { return cmp.Compare(a.row.Name, b.row.Name) }) {
			*one.to = append(*one.to, row.done())
		}
	}
}
