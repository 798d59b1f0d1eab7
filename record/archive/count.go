package archive

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

// Field is what events are counted by.
type Field string

// The fields.
const (
	ByAPI       Field = "api"
	ByOperation Field = "operation"
	ByOutcome   Field = "outcome"
	ByCode      Field = "code"
	ByCaller    Field = "caller"
	ByAddress   Field = "address"
	ByHour      Field = "hour"
)

// Fields are all of them.
var Fields = []Field{ByAPI, ByOperation, ByOutcome, ByCode, ByCaller, ByAddress, ByHour}

// columnOf is the column that a field is counted in.
var columnOf = map[Field]column{ByAPI: colOp, ByOperation: colOp, ByOutcome: colOutcome, ByCode: colCode, ByCaller: colCaller, ByAddress: colClient, ByHour: colTime}

// MaxCounted bounds the different values that are counted.
const MaxCounted = 1 << 20

// tally counts numbers of one column.
type tally struct {
	small []int // of narrow columns, by number
	large map[uint64]int
}

// Count counts the events that a query wants by a field, those that have none
// under "".
func (s Shelf) Count(ctx context.Context, q Query, by Field) (map[string]int, *Found, error) {
	list, err := segmentsIn(s.Dir)
	if err != nil {
		return nil, nil, err
	}
	c, found, counted := q.compile().byID(), &Found{}, map[string]int{}
	tallies := make(chan map[string]int, len(list))
	err = s.walk(ctx, list, func(g *segment) result {
		r, words := s.count(c, g, by)
		if r.err == nil {
			tallies <- words
		}
		return r
	}, func(result) (bool, error) { return true, nil }, found)
	if err != nil {
		return nil, found, err
	}
	close(tallies)
	for words := range tallies {
		for w, n := range words {
			if counted[w] += n; len(counted) > MaxCounted {
				return nil, found, errCounted
			}
			found.Events += n
		}
	}
	return counted, found, nil
}

// count counts in one segment.
func (s Shelf) count(q *query, g *segment, by Field) (r result, words map[string]int) {
	r = s.with(g, func(ix *index, damaged int) (r result) {
		r, words = s.countBy(ix, q, g, by)
		r.damaged = damaged
		return r
	})
	return r, words
}

func (s Shelf) countBy(ix *index, q *query, g *segment, by Field) (result, map[string]int) {
	p := &pages{shelf: s, segment: g, scan: newScan(q, ix)}
	defer p.close()
	p.scan.tellsCallers = by == ByCaller
	t, words, m := &tally{large: map[uint64]int{}}, map[string]int{}, &Matcher{query: q}
	if widths[columnOf[by]] <= 2 {
		t.small = make([]int, 1<<16)
	}
	for at := range ix.Blocks {
		mask, err := p.scan.block(at)
		if err != nil {
			return result{err: err}, nil
		}
		if mask == nil {
			continue
		}
		for row, v := range mask {
			if v != look {
				continue
			}
			line, ok, err := p.line(hit{at, row})
			if err != nil {
				return result{err: err}, nil
			}
			if ok && m.facts.parse(line) {
				words[m.Count(by)]++
			}
		}
		if err := t.add(p.scan, at, mask, by); err != nil {
			return result{err: err}, nil
		}
	}
	for n, times := range t.small {
		if times > 0 {
			words[ix.word(by, uint64(n))] += times
		}
	}
	for n, times := range t.large {
		words[ix.word(by, n)] += times
	}
	return result{index: ix}, words
}

// add counts the rows of a block that columns alone are certain of.
func (t *tally) add(s *scan, at int, mask []verdict, by Field) error {
	c := columnOf[by]
	col, err := s.whole(at, c)
	if err != nil {
		return err
	}
	first, bits := s.Blocks[at].First, byte(0xff)
	if c == colOutcome {
		bits &^= wouldBit
	}
	for i, v := range mask {
		if v != yes {
			continue
		}
		switch widths[c] {
		case 1:
			t.small[col[i]&bits]++
		case 2:
			t.small[binary.LittleEndian.Uint16(col[2*i:])]++
		case 4:
			t.large[uint64(first+int64(binary.LittleEndian.Uint32(col[4*i:])))/hour]++
		case 8:
			t.large[binary.LittleEndian.Uint64(col[8*i:])]++
		}
	}
	return nil
}

// hour is one in milliseconds.
const hour = 60 * 60 * 1000

// word is what a number of a column means. One that stands in no table means
// that the table had no more room.
func (ix *index) word(by Field, n uint64) string {
	switch by {
	case ByAPI, ByOperation:
		if n >= uint64(len(ix.Ops)) {
			return manyOthers
		}
		if by == ByAPI {
			return ix.Ops[n].API
		}
		return ix.Ops[n].label()
	case ByOutcome, ByCode:
		list := ix.Codes
		if by == ByOutcome {
			list = ix.Outcomes
		}
		if n >= uint64(len(list)) {
			return manyOthers
		}
		return list[n]
	case ByCaller:
		return callerWord(n)
	case ByAddress:
		return clientWord(n)
	}
	return hourWord(int64(n) * hour)
}

// manyOthers is counted where an index has no room for a word.
const manyOthers = "others"

func callerWord(caller uint64) string {
	if caller == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", caller)
}

func clientWord(packed uint64) string {
	switch {
	case packed == 0:
		return ""
	case packed>>56 == hashedClient:
		return fmt.Sprintf("%012x", packed&(1<<48-1))
	}
	return unpack(packed).String()
}

func hourWord(ms int64) string {
	return time.UnixMilli(ms - ms%hour).UTC().Format("2006-01-02T15:04Z")
}
