package bench

import (
	stdjson "encoding/json"
	"fmt"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// verdicts is what both readers say of one schema and one document.
type verdicts struct {
	ours, theirs           bool
	oursErr, theirsErr     error // the schema does not compile
	reason, theirReason    string
	schemaText, documentIs string
}

// kind tells disagreements apart, so that making one small does not end in
// another: 0 for none, then who refuses the schema or the document alone.
func (v *verdicts) kind() int {
	switch {
	case v.oursErr != nil && v.theirsErr == nil:
		return 1
	case v.oursErr == nil && v.theirsErr != nil:
		return 2
	case v.oursErr != nil || v.ours == v.theirs:
		return 0
	case v.theirs:
		return 3
	}
	return 4
}

func (v *verdicts) String() string {
	return fmt.Sprintf("schema   %s\ndocument %s\nours     %v %v %s\noracle   %v %v %s",
		v.schemaText, v.documentIs, v.ours, errText(v.oursErr), v.reason, v.theirs, errText(v.theirsErr), v.theirReason)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return "does not compile: " + err.Error()
}

// judge asks both readers.
func judge(schemaText string, documents ...string) []verdicts {
	ours, oursErr := compile(schemaText, schema.Options{Pure: true})
	theirs, theirsErr := compileV6(schemaText)
	list := make([]verdicts, len(documents))
	var state schema.State
	for i, text := range documents {
		v := &list[i]
		*v = verdicts{oursErr: oursErr, theirsErr: theirsErr, schemaText: schemaText, documentIs: text}
		if oursErr == nil {
			if v.ours = ours.Read(&state, []byte(text)); !v.ours {
				v.reason = fmt.Sprintf("%+v", state.Fault())
			}
		}
		if theirsErr == nil {
			if err := readV6(theirs, []byte(text)); err != nil {
				v.theirReason = err.Error()
			} else {
				v.theirs = true
			}
		}
	}
	return list
}

// differ makes one schema and some documents and returns the first on which
// the readers disagree, made as small as it gets.
func differ(d *dice, documents int, count func(verdicts)) *verdicts {
	root := d.schema()
	values := make([]any, documents)
	texts := make([]string, documents)
	for i := range values {
		values[i] = d.document(root)
		texts[i] = d.write(values[i])
	}
	for i, v := range judge(d.write(root), texts...) {
		count(v)
		if v.kind() != 0 {
			return shrink(&v, root, values[i])
		}
	}
	return nil
}

// shrink drops what the disagreement does not need.
func shrink(found *verdicts, root, document any) *verdicts {
	return shrinkBy(func(root, document any) verdicts {
		plain := func(v any) string { text, _ := stdjson.Marshal(v); return string(text) }
		return judge(plain(root), plain(document))[0]
	}, found, root, document)
}

// shrinkBy is shrink for any way to judge.
func shrinkBy(judge func(root, document any) verdicts, found *verdicts, root, document any) *verdicts {
	again := judge(root, document)
	if again.kind() != found.kind() {
		return found // it depends on order, blanks or escapes
	}
	best := &again
	for progress := true; progress; {
		progress = false
		for s := range smaller(root) {
			if v := judge(s, document); v.kind() == found.kind() {
				root, best, progress = s, &v, true
				break
			}
		}
		for s := range smaller(document) {
			if v := judge(root, s); v.kind() == found.kind() {
				document, best, progress = s, &v, true
				break
			}
		}
	}
	return best
}

// smaller iterates over the trees that lack one part of v.
func smaller(v any) func(yield func(any) bool) {
	return func(yield func(any) bool) { cut(v, yield) }
}

func cut(v any, yield func(any) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sorted(v) {
			without := map[string]any{}
			for other, part := range v {
				if other != k {
					without[other] = part
				}
			}
			if !yield(without) {
				return false
			}
			for part := range smaller(v[k]) {
				with := map[string]any{k: part}
				for other, rest := range without {
					with[other] = rest
				}
				if !yield(with) {
					return false
				}
			}
			if m, ok := v[k].(map[string]any); ok && !yield(m) {
				return false
			}
		}
	case []any:
		for i := range v {
			without := append(append([]any{}, v[:i]...), v[i+1:]...)
			if !yield(without) {
				return false
			}
			for part := range smaller(v[i]) {
				with := append([]any{}, v...)
				with[i] = part
				if !yield(with) {
					return false
				}
			}
		}
	case stdjson.Number:
		if v != "1" {
			return yield(stdjson.Number("1"))
		}
	case string:
		if len(v) > 1 {
			return yield("a")
		}
	}
	return true
}

// Generated schemas and documents, always the same ones: no disagreement, and
// enough of every outcome that agreement means something.
func TestSchemasAgainstOracle(t *testing.T) {
	const schemas, documents = 4000, 6
	var cases, valid, refusedSchemas, faults int
	for seed := range uint64(schemas) {
		v := differ(newDice(seed, nil), documents, func(v verdicts) {
			cases++
			if v.theirs {
				valid++
			}
			if v.theirsErr != nil {
				refusedSchemas++
			}
		})
		if v != nil {
			t.Errorf("seed %d:\n%v", seed, v)
			if faults++; faults >= 20 {
				t.Fatal("and more")
			}
		}
	}
	t.Logf("%d cases of %d schemas agree; %d are valid, %d have a schema that neither takes", cases, schemas, valid, refusedSchemas)
	if valid < cases/5 || cases-valid < cases/5 || refusedSchemas > cases/50 {
		t.Errorf("the generator is lopsided: %d cases, %d valid, %d with a refused schema", cases, valid, refusedSchemas)
	}
}

func FuzzSchemaAgainstOracle(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, []byte(nil))
	}
	f.Add(uint64(1), []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	f.Fuzz(func(t *testing.T, seed uint64, choices []byte) {
		if v := differ(newDice(seed, choices), 4, func(verdicts) {}); v != nil {
			t.Errorf("seed %d:\n%v", seed, v)
		}
	})
}
