package syslog

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const passed = `{"time":"2031-02-03T04:05:06.007Z","event":"exchange","id":"01jd0000000000000000000000","outcome":"passed","api":"pets"}`

func target(o Options) *Target {
	if o.MaxMessage == 0 {
		o.MaxMessage = 8 << 10
	}
	t := New(o)
	t.from, t.least = sender("gate 1", 42), 10*time.Millisecond
	return t
}

// TestMessage writes messages as RFC 5424 section 6.5 has them.
func TestMessage(t *testing.T) {
	to := target(Options{Facility: 16, Refused: 10})
	const head = " gate1 gatehouse 42 "
	for _, row := range []struct{ name, line, want string }{
		{"passed", passed, `<134>1 2031-02-03T04:05:06.007Z` + head + `exchange [meta sequenceId="7"] ` + passed},
		{"would", `{"event":"exchange","outcome":"passed","would_refuse":["body-schema"]}`, `<133>1 `},
		{"replied", `{"event":"exchange","outcome":"replied"}`, `<134>1 `},
		{"refused", `{"event":"exchange","outcome":"refused"}`, `<84>1 `},
		{"failed", `{"event":"exchange","outcome":"failed"}`, `<131>1 `},
		{"aborted", `{"event":"exchange","outcome":"aborted"}`, `<133>1 `},
		{"lost", `{"time":"2031-02-03T04:05:06.007Z","event":"lost","count":3}`, `<131>1 2031-02-03T04:05:06.007Z` + head + `lost [meta sequenceId="7"] {"time":"2031-02-03T04:05:06.007Z","event":"lost","count":3}`},
		{"change", `{"time":"2031-02-03T04:05:06.007Z","event":"change"}`, `<133>1 2031-02-03T04:05:06.007Z` + head + `change `},
		{"alert", `{"time":"2031-02-03T04:05:06.007Z","event":"alert","alert":"a","severity":"critical","code":"injection"}`, `<130>1 2031-02-03T04:05:06.007Z` + head + `alert `},
		{"alert-high", `{"event":"alert","severity":"high"}`, `<131>1 `},
		{"alert-medium", `{"event":"alert","severity":"medium"}`, `<132>1 `},
		{"alert-low", `{"event":"alert","severity":"low"}`, `<133>1 `},
		{"alert-informational", `{"event":"alert","severity":"informational"}`, `<134>1 `},
		{"alert-without", `{"event":"alert"}`, `<133>1 `},
		{"ocsf", `{"category_uid":6,"class_uid":6003,"severity_id":4,"time":1927944306007}`, `<131>1 2031-02-04T04:05:06.007Z` + head + `exchange `},
		{"ocsf-refused", `{"category_uid":6,"class_uid":6003,"severity_id":2,"unmapped":{"outcome":"refused"}}`, `<85>1 `},
		{"ocsf-watched", `{"category_uid":6,"class_uid":6003,"severity_id":4,"unmapped":{"outcome":"passed","mode":"observe","would_refuse":["injection"]}}`, `<131>1 `},
		{"ocsf-fatal", `{"category_uid":6,"class_uid":6003,"severity_id":6}`, `<129>1 `},
		{"cut", `{"category_uid":6,"class_uid":6003,"severity_id":`, `<133>1 `},
		{"no-event", `{"severity_id":6}`, `<133>1 `},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := string(to.appendMessage(nil, []byte(row.line), 6))
			if !strings.HasPrefix(got, row.want) || !strings.HasSuffix(got, row.line) {
				t.Error(got)
			}
		})
	}
}

// TestFrames counts octets, and numbers messages until none is left.
func TestFrames(t *testing.T) {
	to := target(Options{Cookie: "@cee: "})
	to.count = 1<<31 - 2
	frames, count := to.appendFrames(nil, []byte(passed+"\n"+passed+"\n"))
	if count != 2 {
		t.Error(count)
	}
	got := string(frames)
	for _, n := range []string{"2147483647", "1"} {
		size, rest, _ := strings.Cut(got, " ")
		end, err := strconv.Atoi(size)
		if err != nil || end > len(rest) || !strings.HasSuffix(rest[:end], `[meta sequenceId="`+n+`"] @cee: `+passed) {
			t.Fatal(got, err)
		}
		got = rest[end:]
	}
	if got != "" {
		t.Error(got)
	}
}

// TestShort bounds a message and leaves JSON whole.
func TestShort(t *testing.T) {
	to := target(Options{MaxMessage: MinMessage})
	line := strings.Replace(passed, `}`, `,"operation":"`+strings.Repeat("é", 3000)+`"}`, 1)
	got := to.appendMessage(nil, []byte(line), 0)
	_, text, _ := strings.Cut(string(got), `"] `)
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil || len(got) > MinMessage {
		t.Fatal(string(got), err)
	}
	if m["id"] != "01jd0000000000000000000000" || m["outcome"] != "passed" || m["api"] != "pets" || m["shortened"] != true || m["operation"] != nil {
		t.Error(m)
	}
}

// TestShortAlert says which alert it is, and how bad.
func TestShortAlert(t *testing.T) {
	to := target(Options{MaxMessage: MinMessage})
	got := to.appendMessage(nil, []byte(`{"event":"alert","id":"1","alert":"guessing","severity":"high","operation":"`+strings.Repeat("x", 3000)+`"}`), 0)
	if !strings.HasSuffix(string(got), `{"event":"alert","id":"1","alert":"guessing","severity":"high","shortened":true}`) || !strings.HasPrefix(string(got), "<3>1 ") {
		t.Error(string(got))
	}
}

// TestShortOCSF says of which class it is, as a whole message does.
func TestShortOCSF(t *testing.T) {
	to := target(Options{MaxMessage: MinMessage})
	got := to.appendMessage(nil, []byte(`{"category_uid":2,"class_uid":2004,"class_name":"Detection Finding","metadata":{"uid":"1-finding"},"severity_id":4,"long":"`+strings.Repeat("x", 3000)+`"}`), 0)
	if !strings.HasSuffix(string(got), ` finding [meta sequenceId="1"] {"class_name":"Detection Finding","uid":"1-finding","shortened":true}`) {
		t.Error(string(got))
	}
}

// TestASCII escapes what is not ASCII, so that it reads the same.
func TestASCII(t *testing.T) {
	const text = `"a é 東 😀"`
	got := appendASCII(nil, []byte(text))
	var a, b string
	if json.Unmarshal([]byte(text), &a) != nil || json.Unmarshal(got, &b) != nil || a != b || string(got) != `"a \u00e9 \u6771 \ud83d\ude00"` {
		t.Error(string(got))
	}
}

// TestPrintable leaves nothing in a head that ends it.
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{"": "-", " \n": "-", "gate-1.example": "gate-1.example", "gäte": "gte", "abcdef\n]": "abcde"} {
		if got := printable(text, max(5, len(want))); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// grammar is that of RFC 5424 section 6, as far as it is used.
var grammar = regexp.MustCompile(`^<(?:[0-9]|[1-9][0-9]|1[0-8][0-9]|19[01])>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z [!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} \[meta sequenceId="[1-9][0-9]{0,9}"\] `)

// FuzzMessage writes one message of the grammar for any line, and JSON for JSON.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(passed), 2048)
	f.Add([]byte(`{"time":"x","event":"a b\u0000c"}`), 0)
	f.Add([]byte(`{"category_uid":2,"class_uid":2004,"class_name":"Detection Finding","metadata":{"uid":"1-finding"},"time":1}`), 0)
	f.Add([]byte(`{"operation":"`+strings.Repeat("é", 700)+`"}`), 0)
	f.Fuzz(func(t *testing.T, line []byte, most int) {
		line = bytes.ReplaceAll(line, []byte{'\n'}, nil)
		to := target(Options{MaxMessage: MinMessage + most&0xffff})
		got := to.appendMessage(nil, line, 0)
		head := grammar.Find(got)
		switch {
		case head == nil:
			t.Errorf("%q", got)
		case len(got) > to.o.MaxMessage:
			t.Error(len(got), " bytes")
		case json.Valid(line) && utf8.Valid(line) && len(line) > 0 && line[0] == '{' && !json.Valid(got[len(head):]):
			t.Errorf("%q", got)
		}
	})
}
