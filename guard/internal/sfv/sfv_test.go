package sfv_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/internal/sfv"
)

// write writes a dictionary of inner lists and items anew.
func write(list []sfv.Member) string {
	var out []byte
	for i := range list {
		m := &list[i]
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(append(out, m.Key...), '=')
		if m.Inner {
			out = sfv.AppendInner(out, m.Items, m.Params)
		} else {
			item := m.Item
			item.Params = m.Params
			out = item.Append(out)
		}
	}
	return string(out)
}

func TestDictionary(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"inner", `sig1=("@method"  "@query-param";name="Pet" );created=1618884473;keyid="a\"b"`, `sig1=("@method" "@query-param";name="Pet");created=1618884473;keyid="a\"b"`},
		{"empty-inner", "sig=( )", "sig=()"},
		{"bytes", "sig=:AQID:, b=:: ", "sig=:AQID:, b=::"},
		{"flag", "a, b;x=?0", "a=?1, b=?1;x=?0"},
		{"token", "a=Foo/bar:1*, *b.c-d_1=-5", "a=Foo/bar:1*, *b.c-d_1=-5"},
		{"tab", "a=1\t,\tb=2", "a=1, b=2"},
		{"space-in-params", "a=1;  b", "a=1;b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			list, ok := sfv.Dictionary(row.text)
			if got := write(list); !ok || got != row.want {
				t.Errorf("%v %s", ok, got)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	for name, text := range map[string]string{
		"key-in-capitals": "A=1", "key-empty": "=1", "key-of-digit": "1a=1", "twice": "a=1, a=2", "comma-at-the-end": "a=1,", "comma-alone": ",", "two-commas": "a=1,,b=2",
		"no-comma": "a=1 b=2", "value-missing": "a=", "inner-open": `a=("b"`, "inner-glued": `a=("b""c")`, "inner-comma": `a=("b", "c")`, "inner-in-inner": `a=(("b"))`, "text-open": `a="b`,
		"text-escape": `a="\n"`, "text-control": "a=\"\x01\"", "text-beyond-ascii": "a=\"\xc3\xa9\"", "text-escape-at-the-end": `a="\`, "bytes-open": "a=:AQID", "bytes-unpadded": "a=:AQI:", "bytes-of-other-spelling": "a=:AR==:",
		"bytes-url": "a=:-_-_:", "number-long": "a=1234567890123456", "decimal": "a=1.5", "sign-alone": "a=-", "boolean": "a=?2", "date": "a=@1", "param-twice": "a=1;b;b", "param-missing": "a=1;",
		"tab-first": "\ta=1", "null": "a=1\x00", "line": "a=1\nb=2", "many": strings.Repeat("a,", 100) + "b", "long": "a=" + strings.Repeat("b", sfv.MaxBytes), "deep": "a=(" + strings.Repeat(`"a" `, 100) + ")",
	} {
		if list, ok := sfv.Dictionary(text); ok {
			t.Errorf("%s: %q is read as %s", name, text, write(list))
		}
	}
}

// FuzzDictionary reads again what was written of what was read.
func FuzzDictionary(f *testing.F) {
	f.Add(`sig1=("@method" "@query-param";name="Pet");created=1618884473, b=:AQID:, c, d=tok;x=-1`)
	f.Fuzz(func(t *testing.T, text string) {
		list, ok := sfv.Dictionary(text)
		if !ok {
			return
		}
		once := write(list)
		again, ok := sfv.Dictionary(once)
		if len(once) > sfv.MaxBytes {
			return
		}
		if !ok || write(again) != once {
			t.Errorf("%q is written as %q and read as %q", text, once, write(again))
		}
	})
}
