package archive

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// FuzzLine reads lines as a segment that was damaged may have them: what is an
// event to parse is one to encoding/json, unless it is no JSON at all.
func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"time":"2031-02-03T04:05:06.007Z","event":"exchange","id":"01jd0000000000000000000000","outcome":"refused","api":"a \"b\"","would_refuse":["x","y"],"caller":"00000000000000ff","account":"7008090a0b0c0d0e0200000000000000","client":"2001:db8::/48","address":"0102"}` + "\n"))
	f.Add([]byte(`{"time":"2031-02-03T04:05:06Z","event":"lost","count":3}`))
	f.Add([]byte(`{"a":{"b":["}",{}]},"time":"2031-02-03T04:05:06.999Z","event":"\u0065"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var b builder
		b.add(line, int64(len(line)))
		out, err := b.encode(nil, nil, int64(len(line)))
		if err != nil {
			t.Fatal(err)
		}
		ix := &index{from: bytes.NewReader(out)}
		if err := ix.readTable(int64(len(out))); err != nil {
			t.Fatal("an index that was made is not read: ", err)
		}
		var facts facts
		if !facts.parse(line) || !json.Valid(line) {
			return
		}
		var want struct {
			Event, Outcome, API, Code string
		}
		if json.Unmarshal(line, &want) != nil || bytes.Count(line, []byte(`"`)) > 60 {
			return
		}
		if want.Event == "" {
			t.Errorf("no event: %q", line)
		}
	})
}

// FuzzIndex reads indexes that were damaged in a way that their sums do not
// find.
func FuzzIndex(f *testing.F) {
	var b builder
	b.add([]byte(`{"time":"2031-02-03T04:05:06.007Z","event":"exchange","outcome":"refused","api":"a","code":"body-schema","client":"10.0.0.0/24"}`+"\n"), 130)
	out, err := b.encode(nil, nil, 130)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out, []byte(`{"covers":130,"blocks":[{"offset":0,"size":130,"plain":130,"rows":1,"has":127}]}`))
	f.Add(out, []byte(`{"covers":130,"blocks":[{"rows":-1}]}`))
	f.Fuzz(func(t *testing.T, columns, text []byte) {
		out := (*box)(nil).seal(bytes.Clone(columns), text, tableNumber)
		out = append(out, 0, 0, byte((len(text)+plainExtra)>>8), byte(len(text)+plainExtra))
		out = append(out, indexTail...)
		ix := &index{from: bytes.NewReader(out)}
		if ix.readTable(int64(len(out))) != nil {
			return
		}
		q := Query{Code: "body-schema", API: "a", Outcome: "refused", Network: netip.MustParsePrefix("10.0.0.0/8")}.compile()
		s := newScan(q, ix)
		for at := range ix.Blocks {
			s.block(at)
		}
	})
}

// TestFacts holds what is searched for to what the gate writes.
func TestFacts(t *testing.T) {
	for _, p := range []string{"203.0.113.0/24", "2001:db8:7::/48", "0.0.0.0/0", "::/0"} {
		p := netip.MustParsePrefix(p)
		if got := unpack(pack(p)); got != p {
			t.Errorf("%v, want %v", got, p)
		}
	}
	var id gate.ID
	copy(id[:], "01jd0000000000000000000000")
	if ms, ok := ParseID(id.String()); !ok || ms != 0x19340000000 {
		t.Errorf("%x, %v", ms, ok)
	}
	for _, wrong := range []string{"", "01jd000000000000000000000", "81jd0000000000000000000000", "01jd000000000000000000000u"} {
		if _, ok := ParseID(wrong); ok {
			t.Errorf("%q is taken for an id", wrong)
		}
	}
	for text, want := range map[string]bool{
		`{"time":"2031-02-03T04:05:06.007Z","event":"x"}`: true, `{"event":"x"}`: false, `{"time":"2031-02-03T04:05:06.007Z"}`: false,
		`{"time":"2031-02-03T04:05:06.007Z","event":"x"`: false, `[]`: false, `{}`: false, ``: false, `{"time":7,"event":"x"}`: false,
		`{"time":"2031-02-03T04:05:06+01:00","event":"x"}`: true, `{"time":"0001-02-03T04:05:06.007Z","event":"x"}`: false,
	} {
		if new(facts).parse([]byte(text)) != want {
			t.Errorf("%s: is an event: %v", text, !want)
		}
	}
}
