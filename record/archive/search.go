package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Shelf is an archive to be searched. Whoever searches holds up nobody who
// writes, and changes nothing.
type Shelf struct {
	Dir    string
	Sealer seal.Sealer // opens what is sealed; nil where nothing is
}

// Found is what a search came upon.
type Found struct {
	Events   int       // that were given out, or counted
	Held     int       // events that the archive holds
	Lost     uint64    // events that never reached it
	Oldest   time.Time // of those held
	Newest   time.Time
	More     bool     // older ones match too, and are beyond the limit
	Damaged  int      // parts of segments that cannot be read
	Unopened []string // segments whose keys are not there
}

// add joins what was found in a segment.
func (f *Found) add(ix *index, damaged int) {
	f.Held += ix.Rows
	f.Lost += ix.Lost
	f.Damaged += damaged
	for i := range ix.Blocks {
		if k := &ix.Blocks[i]; k.Rows > 0 {
			first, last := time.UnixMilli(k.First).UTC(), time.UnixMilli(k.Last).UTC()
			if f.Oldest.IsZero() || first.Before(f.Oldest) {
				f.Oldest = first
			}
			if last.After(f.Newest) {
				f.Newest = last
			}
		}
	}
}

// hit is one row that was found.
type hit struct{ block, row int }

// result is what one segment had.
type result struct {
	lines   [][]byte // the newest first
	index   *index
	damaged int
	err     error
}

// Search calls each with the lines of the newest events that a query wants, at
// most limit, in the order in which they were written; 0 is for all of them.
// Lines are whole, with their line feeds, and are each's to keep.
func (s Shelf) Search(ctx context.Context, q Query, limit int, each func(line []byte) error) (*Found, error) {
	list, err := segmentsIn(s.Dir)
	if err != nil {
		return nil, err
	}
	c, found := q.compile().byID(), &Found{}
	if limit == 0 { // from the oldest on, so that nothing has to wait
		err = s.walk(ctx, list, func(g *segment) result { return s.find(c, g, 0) }, func(r result) (bool, error) {
			for _, line := range slices.Backward(r.lines) {
				if err := each(line); err != nil {
					return false, err
				}
				found.Events++
			}
			return true, nil
		}, found)
		return found, err
	}
	slices.Reverse(list)
	var lines [][]byte
	err = s.walk(ctx, list, func(g *segment) result { return s.find(c, g, limit+1) }, func(r result) (bool, error) {
		lines = append(lines, r.lines...)
		return len(lines) <= limit, nil
	}, found)
	if err != nil {
		return found, err
	}
	if found.More = len(lines) > limit; found.More {
		lines = lines[:limit]
	}
	for _, line := range slices.Backward(lines) {
		if err := each(line); err != nil {
			return found, err
		}
		found.Events++
	}
	return found, nil
}

// walk has segments looked through on all processors, and takes results in the
// order of the list until take wants no more.
func (s Shelf) walk(ctx context.Context, list []segment, look func(*segment) result, take func(result) (bool, error), found *Found) error {
	workers := min(runtime.GOMAXPROCS(0), max(len(list), 1))
	slots := make([]chan result, len(list))
	for i := range slots {
		slots[i] = make(chan result, 1)
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	ahead := make(chan struct{}, 2*workers) // results that wait to be taken
	next := make(chan int)
	work.Go(func() {
		defer close(next)
		for i := range list {
			select {
			case ahead <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		work.Go(func() {
			for i := range next {
				slots[i] <- look(&list[i])
			}
		})
	}
	for i := range list {
		var r result
		select {
		case r = <-slots[i]:
			<-ahead
		case <-ctx.Done():
			return ctx.Err()
		}
		switch {
		case errors.Is(r.err, ErrSealed) || errors.Is(r.err, seal.ErrOpen):
			found.Unopened = append(found.Unopened, list[i].name+list[i].ext)
			continue
		case errors.Is(r.err, fs.ErrNotExist): // removed meanwhile, since it is old
			continue
		case errors.Is(r.err, errForm):
			found.Damaged++
			continue
		case r.err != nil:
			return fmt.Errorf("%s: %w", list[i].name, r.err)
		}
		found.add(r.index, r.damaged)
		if more, err := take(r); err != nil || !more {
			return err
		}
	}
	return nil
}

// find looks a segment through from its newest event on, for at most limit
// lines.
func (s Shelf) find(q *query, g *segment, limit int) result {
	return s.with(g, func(ix *index, damaged int) result {
		return s.findBy(ix, q, g, limit, result{index: ix, damaged: damaged})
	})
}

// with does work with the index of a segment, and does it again with one that
// is made from the segment when that proves damaged.
func (s Shelf) with(g *segment, work func(ix *index, damaged int) result) result {
	ix, damaged, err := g.indexOf(s.Sealer)
	if err != nil {
		return result{err: err}
	}
	r := work(ix, damaged)
	ix.close()
	if ix.file == nil || !errors.Is(r.err, errForm) {
		return r
	}
	if ix, damaged, err = g.rebuilt(s.Sealer); err != nil {
		return result{err: err}
	}
	return work(ix, damaged)
}

func (s Shelf) findBy(ix *index, q *query, g *segment, limit int, r result) result {
	p := &pages{shelf: s, segment: g, scan: newScan(q, ix)}
	defer p.close()
	for at := len(ix.Blocks) - 1; at >= 0; at-- {
		mask, err := p.scan.block(at)
		if err != nil {
			return result{err: err}
		}
		if mask == nil {
			continue
		}
		for row := len(mask) - 1; row >= 0; row-- {
			if mask[row] == no {
				continue
			}
			line, ok, err := p.line(hit{at, row})
			if err != nil {
				return result{err: err}
			}
			if !ok {
				continue
			}
			if r.lines = append(r.lines, bytes.Clone(line)); len(r.lines) == limit {
				return r
			}
		}
	}
	return r
}

// pages reads the lines of blocks.
type pages struct {
	shelf   Shelf
	segment *segment
	scan    *scan
	reader  *reader
	block   int
	text    []byte
	facts   facts
}

func (p *pages) close() {
	if p.reader != nil {
		p.reader.file.Close()
	}
}

// line returns the line of a row, and whether it matches in truth.
func (p *pages) line(h hit) ([]byte, bool, error) {
	col, err := p.scan.whole(h.block, colLine)
	if err != nil {
		return nil, false, err
	}
	from := int64(binary.LittleEndian.Uint32(col[4*h.row:]))
	if err := p.load(h.block); err != nil {
		return nil, false, err
	}
	if from >= int64(len(p.text)) {
		return nil, false, nil // damaged since
	}
	line := p.text[from:]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n+1]
	}
	return line, p.facts.parse(line) && p.scan.matches(&p.facts), nil
}

func (p *pages) load(at int) (err error) {
	if p.reader == nil {
		if p.reader, err = p.segment.open(p.shelf.Sealer); err != nil {
			return err
		}
		p.block = -1
	}
	if p.block == at {
		return nil
	}
	p.block = at
	p.text, err = p.reader.lines(p.text[:0], &p.scan.Blocks[at])
	return err
}

// Matcher judges lines that are not in an archive.
type Matcher struct {
	query *query
	facts facts
}

// Matcher returns one for a query.
func (q Query) Matcher() *Matcher { return &Matcher{query: q.compile()} }

// Match reports whether a line is an event that is wanted, and whether it is an
// event at all.
func (m *Matcher) Match(line []byte) (wanted, event bool) {
	event = m.facts.parse(line)
	return event && m.query.matches(&m.facts), event
}

// Time is when the event of the last Match was.
func (m *Matcher) Time() time.Time { return time.UnixMilli(m.facts.time).UTC() }

// Lost is how many events the line of the last Match says are lost.
func (m *Matcher) Lost() uint64 { return m.facts.count }

// Count returns what an event is counted under by a field.
func (m *Matcher) Count(by Field) string {
	f := &m.facts
	switch by {
	case ByAPI:
		return string(f.api)
	case ByOperation:
		return operation{string(f.api), string(f.op), string(f.method), string(f.path)}.label()
	case ByOutcome:
		return string(f.kind())
	case ByCode:
		return string(f.code)
	case ByCaller:
		return callerWord(firstBits(f.caller))
	case ByAddress:
		return clientWord(f.client)
	}
	return hourWord(f.time)
}

// label is what people call an operation.
func (o operation) label() string {
	name := o.Operation
	if name == "" {
		name = strings.TrimSpace(o.Method + " " + o.Path)
	}
	return strings.TrimSpace(o.API + " " + name)
}
