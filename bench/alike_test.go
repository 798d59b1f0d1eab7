package bench

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// reading is what one language makes of one text: the whole in a canonical
// form, and the field id alone, as code that wants only that would read it.
type reading struct{ whole, id string }

// languages are the readers that APIs behind the gate use.
var languages = []struct {
	name string
	read func(t *testing.T, texts []string) []reading
}{
	{"go", func(_ *testing.T, texts []string) []reading {
		list := make([]reading, len(texts))
		for i, text := range texts {
			list[i] = readGo(text)
		}
		return list
	}},
	{"node", func(t *testing.T, texts []string) []reading {
		return readForeign(t, texts, "node", "testdata/reader.js")
	}},
	{"python", func(t *testing.T, texts []string) []reading {
		return readForeign(t, texts, "python3", "testdata/reader.py")
	}},
}

func readForeign(t *testing.T, texts []string, command ...string) []reading {
	t.Helper()
	testdata.Program(t, command[0], strings.Replace(command[0], "node", "nodejs", 1))
	var in bytes.Buffer
	for _, text := range texts {
		in.WriteString(base64.StdEncoding.EncodeToString([]byte(text)) + "\n")
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(texts) {
		t.Fatalf("%s answered %d lines to %d texts", command[0], len(lines), len(texts))
	}
	list := make([]reading, len(lines))
	for i, line := range lines {
		list[i].whole, list[i].id, _ = strings.Cut(line, "\t")
	}
	return list
}

// readGo reads with encoding/json: the whole into any, the field id into a
// struct, where names are matched without regard to case.
func readGo(text string) reading {
	var whole any
	if stdjson.Unmarshal([]byte(text), &whole) != nil {
		return reading{"refused", ""}
	}
	r := reading{whole: canonical(whole)}
	var fields struct {
		ID *any `json:"id"`
	}
	if stdjson.Unmarshal([]byte(text), &fields) == nil && fields.ID != nil {
		r.id = canonical(*fields.ID)
	} else if m, ok := whole.(map[string]any); ok {
		if id, ok := m["id"]; ok && id == nil {
			r.id = "null"
		}
	}
	return r
}

func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "s" + hex.EncodeToString([]byte(v))
	case float64:
		if v == math.Trunc(v) {
			n, _ := big.NewFloat(v).Int(nil)
			return "n" + n.String()
		}
		return fmt.Sprintf("f%016x", math.Float64bits(v))
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(item)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for k, x := range v {
			parts = append(parts, hex.EncodeToString([]byte(k))+":"+canonical(x))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	panic(fmt.Sprintf("encoding/json does not make %T", v))
}

// Schemas of the rows below.
const (
	closedID = `{"type":"object","properties":{"id":{"type":"integer"},"status":{"type":"string"},"k":{"type":"string"}}}`
	openID   = `{"type":"object","properties":{"id":{"type":"integer"}},"additionalProperties":true}`
	safeID   = `{"type":"object","properties":{"id":{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}}}`
	doubleID = `{"type":"object","properties":{"id":{"type":"number","format":"double"}}}`
	numberID = `{"type":"object","properties":{"id":{"type":"number"}}}`
)

// alike are texts on which readers of JSON are known to differ, and what the
// gate does about each.
var alike = []struct {
	name, schema, text string
	accepted           bool
	// differ names what tells the readers apart although the gate accepts the
	// text; "" when all must read the same.
	differ string
}{
	{"plain", closedID, `{"id":7,"status":"new"}`, true, ""},
	{"escaped-name", closedID, `{"\u0069d":7}`, true, ""},
	{"escaped-astral-character", closedID, `{"status":"\ud83d\ude00"}`, true, ""},
	{"escaped-nul", closedID, `{"status":"a\u0000b"}`, true, ""},
	{"line-separator", closedID, "{\"status\":\"\u2028\"}", true, ""},
	{"integer-written-with-a-fraction", closedID, `{"id":7.0}`, true, ""},
	{"integer-written-with-an-exponent", closedID, `{"id":7e2}`, true, ""},
	{"minus-zero", closedID, `{"id":-0}`, true, ""},
	{"proto-name-in-open-object", openID, `{"id":7,"__proto__":{"id":8}}`, true, ""},

	{"same-name-twice", closedID, `{"id":7,"id":8}`, false, ""},
	{"same-name-twice-in-open-object", openID, `{"x":7,"x":8}`, false, ""},
	{"same-name-twice-once-escaped", closedID, `{"id":7,"\u0069\u0064":8}`, false, ""},
	{"name-in-other-case", closedID, `{"id":7,"ID":8}`, false, ""},
	{"name-in-other-case-alone", closedID, `{"Id":8}`, false, ""},
	{"name-with-long-s", closedID, `{"status":"new","ſtatus":"paid"}`, false, ""},
	{"name-with-kelvin-sign", closedID, "{\"k\":\"a\",\"\u212a\":\"b\"}", false, ""},
	{"name-in-other-case-in-open-object", openID, `{"id":7,"ID":8}`, false, ""},

	{"integer-at-the-end-of-doubles", safeID, `{"id":9007199254740991}`, true, ""},
	{"integer-beyond-doubles-and-beyond-the-bound", safeID, `{"id":9007199254740992}`, false, ""},
	{"integer-that-a-double-rounds-to-the-bound", `{"type":"object","properties":{"id":{"type":"integer","maximum":9007199254740992}}}`, `{"id":9007199254740993}`, false, ""},
	{"integer-beyond-doubles", closedID, `{"id":9007199254740993}`, true, "Python reads it exactly, Node and Go's any round it to 9007199254740992. The gate compares and forwards the digits; a maximum keeps such numbers out"},
	{"integer-beyond-int64", closedID, `{"id":12345678901234567890}`, true, "Python reads it exactly, Node and Go's any round it. format: int64 or a maximum keeps it out"},
	{"integer-beyond-int64-with-format", `{"type":"object","properties":{"id":{"type":"integer","format":"int64"}}}`, `{"id":9223372036854775808}`, false, ""},
	{"number-beyond-doubles", numberID, `{"id":1e400}`, false, ""},
	{"number-beyond-doubles-with-format", doubleID, `{"id":1e400}`, false, ""},
	{"fraction-with-many-digits", doubleID, `{"id":0.1000000000000000055511151231257827021181583404541015625}`, true, ""},
	{"number-too-small-for-doubles", numberID, `{"id":1e-400}`, true, ""},

	{"not-a-number", numberID, `{"id":NaN}`, false, ""},
	{"infinity", numberID, `{"id":Infinity}`, false, ""},
	{"leading-zero", closedID, `{"id":07}`, false, ""},
	{"trailing-comma", closedID, `{"id":7,}`, false, ""},
	{"comment", closedID, `{"id":7/*8*/}`, false, ""},
	{"byte-order-mark", closedID, "\ufeff" + `{"id":7}`, false, ""},
	{"not-utf-8", closedID, "{\"status\":\"\xff\"}", false, ""},
	{"encoded-surrogate", closedID, "{\"status\":\"\xed\xa0\x80\"}", false, ""},
	{"lone-surrogate", closedID, `{"status":"\ud800"}`, false, ""},
	{"raw-control-character", closedID, "{\"status\":\"a\tb\"}", false, ""},
	{"trailing-data", closedID, `{"id":7}{"id":8}`, false, ""},
}

// What the gate accepts is read alike by the languages of the APIs behind it;
// where it is not, the row says so and the test holds that it is still true.
func TestLanguagesReadAlike(t *testing.T) {
	var texts []string
	for _, row := range alike {
		texts = append(texts, row.text)
	}
	read := map[string][]reading{}
	for _, l := range languages {
		read[l.name] = l.read(t, texts)
	}
	for i, row := range alike {
		t.Run(row.name, func(t *testing.T) {
			s, err := compile(row.schema, schema.Options{})
			check(t, err)
			state := schema.State{Direction: schema.Request}
			if got := s.Read(&state, []byte(row.text)); got != row.accepted {
				t.Fatalf("the gate accepts %v, want %v (%+v)", got, row.accepted, state.Fault())
			}
			if !row.accepted {
				return
			}
			same := read["go"][i] == read["node"][i] && read["go"][i] == read["python"][i]
			if same != (row.differ == "") {
				t.Errorf("read as go %v, node %v, python %v; expected difference: %q", read["go"][i], read["node"][i], read["python"][i], row.differ)
			}
			if !same {
				t.Log(row.differ)
			}
		})
	}
}

// safeSchema takes any value whose numbers are within what doubles hold
// exactly, and closes objects, so that nothing it accepts may be read in two
// ways.
const safeSchema = `{
  "$id": "https://example.com/safe.json",
  "type": ["object", "array", "string", "number", "boolean", "null"],
  "minimum": -9007199254740991, "maximum": 9007199254740991,
  "items": {"$ref": "#"},
  "properties": {"id": {"$ref": "#"}, "a": {"$ref": "#"}, "b": {"$ref": "#"}, "c": {"$ref": "#"}, "foo": {"$ref": "#"}, "bar": {"$ref": "#"}, "é": {"$ref": "#"}, "😀": {"$ref": "#"}, "__proto__": {"$ref": "#"}, "": {"$ref": "#"}}
}`

func TestLanguagesReadGeneratedTextsAlike(t *testing.T) {
	s, err := compile(safeSchema, schema.Options{})
	check(t, err)
	state := schema.State{Direction: schema.Request}
	var texts []string
	d := newDice(7, nil)
	for range 6000 {
		v := d.value(4)
		if m, ok := v.(map[string]any); ok && d.one(2) {
			m["id"] = d.value(1)
		}
		text := d.write(v)
		for _, candidate := range []string{text, string(mutate(d, []byte(text)))} {
			if s.Read(&state, []byte(candidate)) {
				texts = append(texts, candidate)
			}
		}
	}
	if len(texts) < 1000 {
		t.Fatalf("the gate accepted %d of the generated texts, too few to say anything", len(texts))
	}
	read := map[string][]reading{}
	for _, l := range languages {
		read[l.name] = l.read(t, texts)
	}
	faults := 0
	for i, text := range texts {
		if g, n, p := read["go"][i], read["node"][i], read["python"][i]; g != n || g != p {
			t.Errorf("%q\nread as go %v, node %v, python %v", text, g, n, p)
			if faults++; faults > 10 {
				t.Fatal("and more")
			}
		}
	}
	t.Logf("%d texts that the gate accepts are read alike by Go, Node and Python", len(texts))
}
