package policy

import (
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/schema"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

var update = flag.Bool("update", false, "write what is expected anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got {
		t.Errorf("%s: got\n%s\nwant\n%s\n%v", name, got, want, err)
	}
}

// TestProblems reads rules that are wrong, and compares all that is said of
// them with what is expected.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.cedar")
	if err != nil || len(files) == 0 {
		t.Fatal("no file: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".cedar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, _, problems := orders(t, File{filepath.Base(file), text})
			if problems.Err() == nil {
				t.Error("nothing is wrong")
			}
			for _, p := range problems {
				if p.Line == 0 || p.File == "" {
					t.Errorf("has no place: %v", p)
				}
			}
			golden(t, strings.TrimSuffix(file, ".cedar")+".want", problems.Error()+"\n")
		})
	}
}

func TestSchema(t *testing.T) {
	s, _, problems := orders(t)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	golden(t, "testdata/orders.cedarschema", s.Schema())
	readable(t, s)
}

// readable holds the printed schema to what Cedar reads.
func readable(t *testing.T, s *Set) {
	t.Helper()
	var again schema.Schema
	if err := again.UnmarshalCedar([]byte(s.Schema())); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Resolve(); err != nil {
		t.Error(err)
	}
}

// An id without an issuer is nobody's.
func TestIDsWithoutIssuer(t *testing.T) {
	_, _, problems := orders(t, File{"a.cedar", []byte(`permit(principal == Person::"alice", action, resource) when { principal != Person::"i|bob" };`)})
	if len(problems) != 1 || problems.Err() != nil || problems[0].Column != 29 || !strings.Contains(problems[0].Hint, `Person::"https://id.example.com|alice"`) {
		t.Error(problems)
	}
}

func TestTwoFiles(t *testing.T) {
	_, _, problems := orders(t, File{"a.cedar", []byte(`@id("one") permit(principal, action, resource);`)}, File{"b.cedar", []byte("\n" + `@id("one") permit(principal, action, resource);`)})
	if len(problems) != 1 || problems[0].Position != (source.Position{File: "b.cedar", Line: 2, Column: 5}) || !strings.Contains(problems[0].Text, "a.cedar:1:1") {
		t.Error(problems)
	}
}

func TestBounds(t *testing.T) {
	for name, text := range map[string]string{
		"large": strings.Repeat(" ", maxFile+1), "many": strings.Repeat("permit(principal, action, resource);", maxRules+1), "null": all + "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			if _, problems := parse(&File{"a.cedar", []byte(text)}); name != "many" && problems.Err() == nil {
				t.Error("nothing is wrong")
			}
		})
	}
}

// Many wrong rules are no reason to wait.
func TestManyMistakes(t *testing.T) {
	begin := time.Now()
	_, problems := parse(&File{"a.cedar", []byte(strings.Repeat("permit(principal, action);\n", 2000))})
	if len(problems) != maxMistakes || time.Since(begin) > 10*time.Second {
		t.Errorf("%d problems after %v", len(problems), time.Since(begin))
	}
}

func FuzzParse(f *testing.F) {
	for _, r := range rows[:20] {
		f.Add(r.rules)
	}
	f.Add("permit(principal, action, resource) when { \"\\\" };\n// \" ;\n;;")
	f.Fuzz(func(t *testing.T, text string) {
		rules, problems := parse(&File{"a.cedar", []byte(text)})
		if len(rules) > 0 && problems.Err() != nil && !strings.Contains(problems.Error(), "id of a rule") {
			t.Errorf("rules and %v", problems)
		}
		for i, r := range rules {
			if r.start < 0 || r.end > len(text) || r.start >= r.end || i > 0 && rules[i-1].end != r.start {
				t.Errorf("rule %d from %d to %d", i, r.start, r.end)
			}
			r.find("principal", false)
		}
	})
}

// FuzzBody looks for bodies that a rule lets pass and another reader of JSON
// understands otherwise.
func FuzzBody(f *testing.F) {
	for _, r := range rows {
		if r.body != "" {
			f.Add(r.body)
		}
	}
	h := guards(f, on(place, `context.body.amount < 100 && context.body == context.body`))
	f.Fuzz(func(t *testing.T, body string) {
		if h[place].walk(exchange("/orders", body, alice())) != gate.Allow {
			return
		}
		var read map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &read); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		if n, ok := new(big.Rat).SetString(string(read["amount"])); !ok || n.Cmp(big.NewRat(100, 1)) >= 0 {
			t.Errorf("%q passes", body)
		}
	})
}

// FuzzNumber holds numbers to exact arithmetic.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0", "1", "12.50", "1e3", "1.5E-1", "9223372036854775807", "-9223372036854775808", "922337203685477.5807", "0.00001", "1e-5", "10e-1", "1_0", "+1", "01", ".5", "5.", "1e", "1e99999999999999999999", "1.2.3", "-", "--1", "1.-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, places := range []int{0, 4} {
			var got int64
			if _, err := number(s, places, func(n int64) types.Value { got = n; return nil }); err != nil {
				continue
			}
			want, ok := new(big.Rat).SetString(s)
			if !ok || !json.Valid([]byte(s)) {
				t.Fatalf("%q is no number", s)
			}
			want.Mul(want, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)))
			if want.Cmp(new(big.Rat).SetInt64(got)) != 0 {
				t.Errorf("%q: %d, want %v", s, got, want)
			}
		}
	})
}
