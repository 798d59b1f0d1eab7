package cookie

import (
	"fmt"
	"strings"
	"testing"
)

// split writes the pairs of raw with what they are fit for.
func split(raw string) string {
	var list []string
	for at := 0; at < len(raw); {
		p, next, ok := Next([]byte(raw), at)
		if !ok {
			return strings.Join(append(list, "bad"), " ")
		}
		list = append(list, fmt.Sprintf("%s=%s:%t,%t", p.Name([]byte(raw)), p.Value([]byte(raw)), p.Plain([]byte(raw)), p.Other([]byte(raw))))
		at = next
	}
	return strings.Join(list, " ")
}

func TestNext(t *testing.T) {
	rows := []struct{ name, raw, want string }{
		{"none", "", ""},
		{"one", "a=b", "a=b:true,true"},
		{"two", "a=b; c=d=e", "a=b:true,true c=d=e:true,true"},
		{"without-blank", "a=b;c=d", "a=b:true,true c=d:true,true"},
		{"two-blanks", "a=b;  c=d", "a=b:true,true bad"},
		{"tab", "a=b;\tc=d", "a=b:true,true bad"},
		{"empty-value", "a=", "a=:true,true"},
		{"no-equals", "a; b=c", "a=:false,true b=c:true,true"},
		{"no-name", "=a", "bad"},
		{"empty-pair", "a=b;;c=d", "a=b:true,true bad"},
		{"separator-at-the-end", "a=b;", "bad"},
		{"separator-and-blank-at-the-end", "a=b; ", "bad"},
		{"name-with-comma", "a,b=c", "bad"},
		{"name-beyond-ascii", "\xc2\xa0a=b", "bad"},
		{"value-beyond-ascii", "a=caf\xc3\xa9", "a=caf\xc3\xa9:false,true"},
		{"quoted", `a="b c"`, `a="b c":false,true`},
		{"quoted-separator", `a="b; c=d"`, `a="b:false,false c=d":false,false`},
		{"escaped-quote", `a="b\""`, `a="b\"":false,false`},
		{"list", "a=1,2", "a=1,2:true,true"},
		{"list-that-may-be-pairs", "a=1,b=2", "a=1,b=2:true,false"},
		{"blank-in-value", "a=1 b=2", "a=1 b=2:false,false"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if got := split(r.raw); got != r.want {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
}

func FuzzNext(f *testing.F) {
	for _, seed := range []string{"a=b; c=d", ";", "a", "=", `a="b; c"`, "a=b; "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for at := 0; at < len(raw); {
			p, next, ok := Next(raw, at)
			if p.Start != at || p.Equals < p.Start || p.From < p.Equals || p.End < p.From || p.End > len(raw) {
				t.Fatalf("%+v at %d of %q", p, at, raw)
			}
			p.Plain(raw)
			p.Other(raw)
			if !ok {
				return
			}
			if next <= at {
				t.Fatalf("stands still at %d of %q", at, raw)
			}
			at = next
		}
	})
}
