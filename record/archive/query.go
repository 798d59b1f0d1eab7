package archive

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"
	"strings"
	"time"
)

// Query says which events are wanted: those for which everything holds that it
// says.
type Query struct {
	Since, Until time.Time // the zero time for no bound; Until is not included
	ID           string
	API          string
	Operation    string // its name, or its method and path: "GET /pets/{id}"
	Outcome      string // or the kind of events that are no exchanges
	Code         string // of a refusal, or of one that would have been
	// Callers are hashes of who called or tried to log in, in hexadecimal digits
	// as events have them, or the first 16 digits; one is enough.
	Callers []string
	Network netip.Prefix // that the client's network has addresses in common with
	// Addresses are hashes of the client's address, or the first 12 digits: one of
	// them, or Network, is enough.
	Addresses []string
}

// idAlphabet is that of gate.ID.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// idLength is that of gate.ID.
const idLength = 26

// ParseID reads when the exchange of an id began, in milliseconds.
func ParseID(id string) (ms int64, ok bool) {
	if len(id) != idLength {
		return 0, false
	}
	for i := range len(id) {
		n := strings.IndexByte(idAlphabet, id[i])
		if n < 0 || i == 0 && n > 7 {
			return 0, false
		}
		if i < 10 { // two bits that are 0 and 48 of time (gate.ID)
			ms = ms<<5 | int64(n)
		}
	}
	return ms, true
}

// query is a query made ready for searching.
type query struct {
	Query
	since, until int64 // milliseconds; until is included
}

func (q Query) compile() *query {
	c := &query{Query: q, since: math.MinInt64, until: math.MaxInt64}
	if !q.Since.IsZero() {
		c.since = milliUp(q.Since)
	}
	if !q.Until.IsZero() {
		c.until = milliUp(q.Until) - 1
	}
	c.Network = q.Network.Masked()
	return c
}

// idSlack is by how much the time in an id and that of its event may differ, in
// milliseconds.
const idSlack = 1000

// byID narrows the time to that of the id, where the gate wrote the lines.
func (q *query) byID() *query {
	if ms, ok := ParseID(q.ID); ok {
		q.since, q.until = max(q.since, ms-idSlack), min(q.until, ms+idSlack)
	}
	return q
}

// milliUp rounds up, so that an event is never counted to the time before.
func milliUp(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.Sub(time.UnixMilli(ms)) > 0 {
		ms++
	}
	return ms
}

// matches judges one line.
func (q *query) matches(f *facts) bool {
	return f.time >= q.since && f.time <= q.until &&
		(q.ID == "" || q.ID == string(f.id)) &&
		(q.API == "" || q.API == string(f.api)) &&
		(q.Operation == "" || q.Operation == string(f.op) || len(f.method) > 0 && q.Operation == string(f.method)+" "+string(f.path)) &&
		(q.Outcome == "" || q.Outcome == string(f.kind())) &&
		(q.Code == "" || q.Code == string(f.code) || q.would(f.would)) &&
		(len(q.Callers) == 0 || begins(q.Callers, f.caller) || begins(q.Callers, f.account)) &&
		(!q.byClient() || q.network(f.client) || begins(q.Addresses, f.address))
}

// begins reports whether a hash begins with one of a list.
func begins(list []string, hash []byte) bool {
	for _, h := range list {
		if len(hash) >= len(h) && string(hash[:len(h)]) == h {
			return true
		}
	}
	return false
}

// byClient reports whether it is asked where calls came from.
func (q *query) byClient() bool { return q.Network.IsValid() || len(q.Addresses) > 0 }

// would reports whether a list of codes, as it stands in a line, has that of the
// query.
func (q *query) would(list []byte) bool {
	for len(list) > 0 {
		at := bytes.Index(list, []byte(q.Code))
		if at < 0 {
			return false
		}
		end := at + len(q.Code)
		if at > 0 && list[at-1] == '"' && end < len(list) && list[end] == '"' {
			return true
		}
		list = list[end:]
	}
	return false
}

func (q *query) network(packed uint64) bool {
	return packed != 0 && q.Network.IsValid() && unpack(packed).Overlaps(q.Network)
}

// client says whether a client may be one that is asked for.
func (q *query) client(packed uint64) verdict {
	switch {
	case q.network(packed):
		return yes
	case packed>>56 != hashedClient:
		return no
	}
	for _, h := range q.Addresses {
		if packHash([]byte(h)) == packed {
			return look
		}
	}
	return no
}

// verdict is what columns say of a row. They are made to be joined by &.
type verdict uint8

const (
	no   verdict = 0
	look verdict = 1 // the line says it
	yes  verdict = 3
)

// scan finds the events of one segment.
type scan struct {
	*query
	*index
	ops   []verdict // by numbers of the segment
	codes [256]verdict
	kinds [256]verdict
	nets  map[uint64]verdict // networks that were judged
	mask  []verdict
	zeros []byte // columns that are not written

	tellsCallers bool // what the column of callers says is wanted as well
}

func newScan(q *query, ix *index) *scan {
	s := &scan{query: q, index: ix, nets: map[uint64]verdict{}}
	if q.API != "" || q.Operation != "" {
		s.ops = make([]verdict, math.MaxUint16+1)
		s.ops[beyondOp] = look
		for i, o := range ix.Ops[:min(len(ix.Ops), beyondOp)] {
			if (q.API == "" || q.API == o.API) && (q.Operation == "" || q.Operation == o.Operation || o.Method != "" && q.Operation == o.Method+" "+o.Path) {
				s.ops[i] = yes
			}
		}
	}
	s.codes[beyondCode] = look
	for i, w := range ix.Codes[:min(len(ix.Codes), beyondCode)] {
		if w == q.Code {
			s.codes[i] = yes
		}
	}
	for i := range s.kinds {
		kind := i &^ wouldBit
		if kind == beyondKind {
			s.kinds[i] = look
		} else if kind < len(ix.Outcomes) && ix.Outcomes[kind] == q.Outcome {
			s.kinds[i] = yes
		}
	}
	return s
}

// block returns what columns say of the rows of a block, nil where none can
// match.
func (s *scan) block(at int) ([]verdict, error) {
	k := &s.Blocks[at]
	if k.Rows == 0 || k.First > s.until || k.Last < s.since {
		return nil, nil
	}
	if cap(s.mask) < k.Rows {
		s.mask = make([]verdict, k.Rows+blockRows)
	}
	mask, all := s.mask[:k.Rows], yes
	if s.ID != "" {
		all = look
	}
	for i := range mask {
		mask[i] = all
	}
	for _, step := range [...]struct {
		needed bool
		look   func(mask []verdict, at int) error
	}{
		{k.First < s.since || k.Last > s.until, s.times},
		{s.ops != nil, s.operations},
		{s.Outcome != "", s.outcomes},
		{s.Code != "", s.refusals},
		{len(s.Callers) > 0 || s.tellsCallers, s.callers},
		{s.byClient(), s.networks},
	} {
		if step.needed {
			if err := step.look(mask, at); err != nil {
				return nil, err
			}
		}
	}
	for _, v := range mask {
		if v != no {
			return mask, nil
		}
	}
	return nil, nil
}

// whole returns a column, also one that is not written.
func (s *scan) whole(at int, c column) ([]byte, error) {
	col, err := s.column(at, c)
	if n := s.Blocks[at].Rows * widths[c]; col == nil && err == nil {
		if len(s.zeros) < n {
			s.zeros = make([]byte, n)
		}
		col = s.zeros[:n]
	}
	return col, err
}

func (s *scan) times(mask []verdict, at int) error {
	col, err := s.whole(at, colTime)
	if err != nil {
		return err
	}
	first := s.Blocks[at].First
	for i := range mask {
		late := binary.LittleEndian.Uint32(col[4*i:])
		if t := first + int64(late); late == math.MaxUint32 { // or later still
			mask[i] &= look
		} else if t < s.since || t > s.until {
			mask[i] = no
		}
	}
	return nil
}

func (s *scan) operations(mask []verdict, at int) error {
	col, err := s.whole(at, colOp)
	if err != nil {
		return err
	}
	for i := range mask {
		mask[i] &= s.ops[binary.LittleEndian.Uint16(col[2*i:])]
	}
	return nil
}

func (s *scan) outcomes(mask []verdict, at int) error {
	col, err := s.whole(at, colOutcome)
	if err != nil {
		return err
	}
	for i := range mask {
		mask[i] &= s.kinds[col[i]]
	}
	return nil
}

// refusals looks for a code, also in the lines that say what would have been.
func (s *scan) refusals(mask []verdict, at int) error {
	col, err := s.whole(at, colCode)
	if err != nil {
		return err
	}
	kinds, err := s.whole(at, colOutcome)
	if err != nil {
		return err
	}
	for i := range mask {
		v := s.codes[col[i]]
		if kinds[i]&wouldBit != 0 {
			v |= look
		}
		mask[i] &= v
	}
	return nil
}

func (s *scan) callers(mask []verdict, at int) error {
	col, err := s.whole(at, colCaller)
	if err != nil {
		return err
	}
	for i := range mask {
		mask[i] &= s.caller(binary.LittleEndian.Uint64(col[8*i:]))
	}
	return nil
}

// caller says whether somebody may be one who is asked for. The column has the
// first 16 digits.
func (s *scan) caller(first uint64) verdict {
	if first == severalCallers {
		return look
	}
	v := no
	if len(s.Callers) == 0 {
		v = yes
	}
	for _, h := range s.Callers {
		switch {
		case firstBits([]byte(h)) != first:
		case len(h) == 16:
			return yes
		default:
			v |= look
		}
	}
	return v
}

func (s *scan) networks(mask []verdict, at int) error {
	col, err := s.whole(at, colClient)
	if err != nil {
		return err
	}
	for i := range mask {
		if mask[i] == no {
			continue
		}
		packed := binary.LittleEndian.Uint64(col[8*i:])
		in, known := s.nets[packed]
		if !known {
			if len(s.nets) > 1<<16 {
				clear(s.nets)
			}
			in = s.client(packed)
			s.nets[packed] = in
		}
		mask[i] &= in
	}
	return nil
}
