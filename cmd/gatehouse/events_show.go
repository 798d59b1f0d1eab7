package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/record/ocsf"
)

// search shows what is found.
func (e *eventSearcher) search(ctx context.Context, from *place) error {
	show := e.newShow()
	found, err := from.Search(ctx, e.query, e.limit, show.line)
	if lost := show.end(); err == nil {
		err = lost
	}
	return e.said(from, found, err)
}

// following shows what is found, and then what comes.
func (e *eventSearcher) following(ctx context.Context, from *place) error {
	show, matcher := e.newShow(), e.query.Matcher()
	shown := map[string]bool{} // the last ones that a search found: they may come again
	show.narrow = true
	err := from.Follow(ctx, followPause, func() error {
		_, err := from.Search(ctx, e.query, e.limit, func(line []byte) error {
			shown[string(line)] = true
			return show.line(line)
		})
		return errors.Join(err, show.flush())
	}, func(line []byte) error {
		if wanted, _ := matcher.Match(line); !wanted || shown[string(line)] {
			return nil
		}
		return errors.Join(show.line(line), show.flush())
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", from.name, err)
	}
	return show.end()
}

// followPause is how often it is looked for what came.
const followPause = 250 * time.Millisecond

// said tells of what was found beyond the events themselves.
func (e *eventSearcher) said(from *place, f *archive.Found, err error) error {
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", from.name, cause(err))
	}
	say := func(format string, args ...any) { fmt.Fprintf(e.w.stderr, format+"\n", args...) }
	if n := len(f.Unopened); n > 0 {
		say("%s of %s cannot be opened with the keys that there are: say --config with the gatehouse.yaml of the gate that wrote them", plural(n, "segment"), from.name)
	}
	if f.Damaged > 0 {
		say("%s of %s cannot be read and was passed over", plural(f.Damaged, "part"), from.name)
	}
	if f.Lost > 0 {
		say("%s lost before reaching %s: --outcome lost shows when", were(f.Lost), from.name)
	}
	switch {
	case f.More:
		say("older ones match too: --limit 0 shows all")
	case f.Events > 0:
	case f.Held == 0:
		say("%s holds no events%s", from.name, e.maybe(f))
		return errReported
	default:
		say("none of the %s of %s matches; they are from %s to %s%s", plural(f.Held, "event"), from.name, f.Oldest.Format(time.RFC3339), f.Newest.Format(time.RFC3339), e.beside(f))
		return errReported
	}
	return nil
}

func (e *eventSearcher) maybe(f *archive.Found) string {
	switch {
	case len(f.Unopened) > 0:
		return " that can be opened"
	case f.Damaged > 0:
		return ": it is no archive, and no file of events in the gate's own form"
	}
	return ": the gate has written none yet"
}

// beside says why nothing can match.
func (e *eventSearcher) beside(f *archive.Found) string {
	ms, named := archive.ParseID(e.query.ID)
	at := time.UnixMilli(ms).UTC()
	switch {
	case !e.query.Since.IsZero() && e.query.Since.After(f.Newest):
		return ": all are before --since"
	case !e.query.Until.IsZero() && !e.query.Until.After(f.Oldest):
		return ": none is before --until"
	case named && at.Before(f.Oldest):
		return ", and the id is of " + at.Format(time.RFC3339) + ": what was kept of that time is gone"
	case named:
		return ", and the id is of " + at.Format(time.RFC3339)
	}
	return ""
}

func were(n uint64) string {
	if n == 1 {
		return "1 event was"
	}
	return strconv.FormatUint(n, 10) + " events were"
}

// show writes events as they are wanted.
type show struct {
	e      *eventSearcher
	out    *bufio.Writer
	rows   [][]string
	narrow bool // rows are written as they come
	paint  paint
	parsed record.Line
	event  gate.Event
	text   []byte
}

func (e *eventSearcher) newShow() *show {
	return &show{e: e, out: bufio.NewWriter(e.w.stdout), paint: e.w.paint(e.w.stdout)}
}

func (s *show) line(line []byte) error {
	if s.e.ocsf {
		if err := record.ParseEvent(line, &s.event); err != nil {
			return nil // it is no exchange
		}
		s.text = ocsf.Append(s.text[:0], &s.event)
		_, err := s.out.Write(s.text)
		return err
	}
	if s.e.json {
		_, err := s.out.Write(line)
		return err
	}
	s.parsed = record.Line{}
	if err := json.Unmarshal(line, &s.parsed); err != nil {
		return nil // what cannot be read is passed over
	}
	if row := s.row(&s.parsed); s.narrow {
		fmt.Fprintf(s.out, "%-24s  %-8s  %-3s  %-28s  %-22s  %-18s  %s\n", row[0], row[1], row[2], row[3], row[4], row[5], row[6])
	} else {
		s.rows = append(s.rows, row)
	}
	return nil
}

// row is one event in the table.
func (s *show) row(l *record.Line) []string {
	outcome, status := l.Outcome, ""
	if l.Outcome == "" {
		outcome = l.Event
	}
	if l.Status > 0 {
		status = strconv.Itoa(l.Status)
	}
	why := l.Code
	switch {
	case l.Event == "alert":
		why = strings.TrimSpace(l.Severity + " " + l.Alert)
		if l.Ends != "" {
			why += " is over"
		}
	case l.Event == "lost":
		why = were(l.Count) + " lost"
	case l.Event == "change":
		why = done(l)
	case why == "" && len(l.Would) > 0:
		why = "would: " + strings.Join(l.Would, ", ")
	}
	name := l.Operation
	if l.Event == "change" {
		name = l.Act
	}
	if name == "" {
		name = strings.TrimSpace(l.Method + " " + l.Path)
	}
	if outcome == "refused" || outcome == "failed" || outcome == "lost" {
		outcome = s.paint.red(outcome)
	}
	return []string{l.Time.UTC().Format("2006-01-02T15:04:05.000Z"), outcome, status, shown(strings.TrimSpace(l.API + " " + name)), why, l.Client, l.ID}
}

func (s *show) end() error {
	if len(s.rows) > 0 {
		head := []string{"TIME", "OUTCOME", "", "OPERATION", "WHY", "CLIENT", "ID"}
		io.WriteString(s.out, table(append([][]string{head}, s.rows...)))
	}
	return s.flush()
}

func (s *show) flush() error { return s.out.Flush() }

// count shows how many there are of each.
func (e *eventSearcher) count(ctx context.Context, from *place) error {
	by := archive.Field(e.countBy)
	counted, found, err := from.Count(ctx, e.query, by)
	if err != nil || found.Events == 0 {
		return e.said(from, found, err)
	}
	type pair struct {
		Name  string `json:"name"`
		Count int    `json:"count"`
	}
	var list []pair
	for name, n := range counted {
		list = append(list, pair{name, n})
	}
	slices.SortFunc(list, func(a, b pair) int {
		if by == archive.ByHour {
			return cmp.Compare(a.Name, b.Name)
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	rest := 0
	if e.limit > 0 && len(list) > e.limit {
		rest, list = len(list)-e.limit, list[:e.limit]
	}
	out := bufio.NewWriter(e.w.stdout)
	var rows [][]string
	for _, p := range list {
		if e.json {
			text, _ := json.Marshal(p)
			out.Write(append(text, '\n'))
			continue
		}
		if p.Name == "" {
			p.Name = "(none)"
		}
		rows = append(rows, []string{fmt.Sprintf("%10d", p.Count), shown(p.Name)})
	}
	io.WriteString(out, table(rows))
	if err := out.Flush(); err != nil {
		return err
	}
	if rest > 0 {
		fmt.Fprintf(e.w.stderr, "and %d more: --limit 0 shows all\n", rest)
	}
	return e.said(from, found, nil)
}
