package main

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gatehouse-api/gatehouse/record"
)

// ownerFound is what events say of calls for objects.
type ownerFound struct {
	Calls   int           `json:"calls"`
	Lost    uint64        `json:"lost,omitempty"`       // calls that left no event
	Wrong   int           `json:"unreadable,omitempty"` // lines
	From    time.Time     `json:"from,omitzero"`
	To      time.Time     `json:"to,omitzero"`
	Objects *ownerObjects `json:"objects,omitempty"`
	Rows    []ownerRow    `json:"rows"`
	More    int           `json:"more,omitempty"` // calls for which there was no room in Rows
}

// ownerObjects counts those that somebody is known to own, and their bound.
type ownerObjects struct {
	Known int `json:"known"`
	Max   int `json:"max"`
}

// ownerRow counts calls that were or would have been refused for one reason.
type ownerRow struct {
	ownerCase
	Would    int       `json:"would_refuse"`
	Refused  int       `json:"refused"`
	Callers  int       `json:"callers"` // 0 where events have none
	More     bool      `json:"more_callers,omitempty"`
	Top      []ownerBy `json:"top_callers,omitempty"` // the most frequent ones
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Examples []string  `json:"examples"` // ids of events
	who      map[string]int
}

// ownerBy counts the calls of one caller, by the hash that events have.
type ownerBy struct {
	Caller string `json:"caller"`
	Calls  int    `json:"calls"`
}

// ownerCase is what is counted together.
type ownerCase struct {
	API       string `json:"api"`
	Operation string `json:"operation"`
	Kind      string `json:"kind,omitempty"`
	Code      string `json:"code"`
	Where     string `json:"where,omitempty"`
}

// Bounds of what is held in memory, whatever a file says.
const (
	maxOwnerRows     = 10_000
	maxOwnerCallers  = 1_000_000 // of all rows
	maxOwnerExamples = 3
)

// ownerTally counts.
type ownerTally struct {
	api     string
	all     ownerFound
	rows    map[ownerCase]*ownerRow
	callers int
}

func newOwnerTally(api string) *ownerTally {
	return &ownerTally{api: api, rows: map[ownerCase]*ownerRow{}}
}

func (t *ownerTally) read(from io.Reader) (err error) {
	t.all.Wrong, err = record.Read(from, func(l *record.Line) error {
		switch {
		case l.Event == "lost":
			t.all.Lost += l.Count
		case l.Event == "exchange" && (t.api == "" || t.api == l.API):
			t.call(l)
		}
		return nil
	})
	return err
}

func (t *ownerTally) call(l *record.Line) {
	a := &t.all
	a.Calls++
	if a.From.IsZero() || l.Time.Before(a.From) {
		a.From = l.Time
	}
	if l.Time.After(a.To) {
		a.To = l.Time
	}
	said := map[string]bool{} // a list of many objects is one call
	if ours(l.Code, l.Guard) {
		said[l.Code] = true
		t.count(l, l.Code, true)
	}
	for i, code := range l.Would {
		by := ""
		if i == 0 {
			by = l.Guard
		}
		if !said[code] && ours(code, by) {
			said[code] = true
			t.count(l, code, false)
		}
	}
}

// ours reports whether a code is one of owners, or was said by their guard.
func ours(code, guard string) bool {
	return strings.HasPrefix(code, "owner-") || guard == "owner" && code != ""
}

func (t *ownerTally) count(l *record.Line, code string, refused bool) {
	of := ownerCase{API: l.API, Operation: cmp.Or(l.Operation, l.Method+" "+l.Path), Kind: l.Kind, Code: code}
	if l.Guard == "owner" { // otherwise the place is that of another fault
		of.Where = strings.TrimSpace(l.In + " " + cmp.Or(l.Name, l.Pointer))
	}
	row := t.rows[of]
	if row == nil {
		if len(t.rows) >= maxOwnerRows {
			t.all.More++
			return
		}
		row = &ownerRow{ownerCase: of, First: l.Time, who: map[string]int{}}
		t.rows[of] = row
	}
	if refused {
		row.Refused++
	} else {
		row.Would++
	}
	if l.Time.Before(row.First) {
		row.First = l.Time
	}
	if l.Time.After(row.Last) {
		row.Last = l.Time
	}
	if len(row.Examples) < maxOwnerExamples {
		row.Examples = append(row.Examples, l.ID)
	}
	if l.Caller == "" {
		return
	}
	if _, known := row.who[l.Caller]; !known {
		if t.callers >= maxOwnerCallers {
			row.More = true
			return
		}
		t.callers++
	}
	row.who[l.Caller]++
}

// found returns what was counted, the most frequent first.
func (t *ownerTally) found() *ownerFound {
	t.all.Rows = make([]ownerRow, 0, len(t.rows))
	for _, row := range t.rows {
		row.Callers = len(row.who)
		for caller, calls := range row.who {
			row.Top = append(row.Top, ownerBy{caller, calls})
		}
		slices.SortFunc(row.Top, func(a, b ownerBy) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Caller, b.Caller)) })
		row.Top = row.Top[:min(len(row.Top), maxOwnerExamples)]
		t.all.Rows = append(t.all.Rows, *row)
	}
	slices.SortFunc(t.all.Rows, func(a, b ownerRow) int {
		return cmp.Or(cmp.Compare(b.Would+b.Refused, a.Would+a.Refused), cmp.Compare(a.API, b.API), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Where, b.Where))
	})
	return &t.all
}

// clean is a text of a file for a terminal; "-" for none.
func clean(text string) string {
	return cmp.Or(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text), "-")
}
