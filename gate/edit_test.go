package gate

import (
	"math/rand/v2"
	"testing"
)

// TestMembersGoTogether takes members out that several guards found, nested,
// twice, side by side, with other edits inside and between.
func TestMembersGoTogether(t *testing.T) {
	const body = `{ "a":1, "b":{"c":2,"d":3} , "e":[4, 5 ,6],"f":7 }`
	at := func(text string) (e Edit) {
		for i := range body {
			if len(body)-i >= len(text) && body[i:i+len(text)] == text {
				return Edit{Part: OnBody, Start: uint32(i), End: uint32(i + len(text))}
			}
		}
		t.Fatalf("no %s", text)
		return e
	}
	member := func(text string) Edit { e := at(text); e.Member = true; return e }
	with := func(text, put string) Edit { e := at(text); e.With = []byte(put); return e }
	rows := []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"one", []Edit{member(`"a":1`)}, `{ "b":{"c":2,"d":3} , "e":[4, 5 ,6],"f":7 }`},
		{"neighbours", []Edit{member(`"b":{"c":2,"d":3}`), member(`"a":1`)}, `{ "e":[4, 5 ,6],"f":7 }`},
		{"neighbours-at-the-end", []Edit{member(`"f":7`), member(`"e":[4, 5 ,6]`)}, `{ "a":1, "b":{"c":2,"d":3}  }`},
		{"all", []Edit{member(`"f":7`), member(`"a":1`), member(`"e":[4, 5 ,6]`), member(`"b":{"c":2,"d":3}`)}, `{  }`},
		{"twice", []Edit{member(`"a":1`), member(`"a":1`)}, `{ "b":{"c":2,"d":3} , "e":[4, 5 ,6],"f":7 }`},
		{"nested", []Edit{member(`"c":2`), member(`"b":{"c":2,"d":3}`)}, `{ "a":1, "e":[4, 5 ,6],"f":7 }`},
		{"inside", []Edit{with(`2`, `"*"`), member(`"b":{"c":2,"d":3}`)}, `{ "a":1, "e":[4, 5 ,6],"f":7 }`},
		{"between", []Edit{member(`"c":2`), with(`3`, `"*"`), member(`"f":7`), with(`1`, `"?"`)}, `{ "a":"?", "b":{"d":"*"} , "e":[4, 5 ,6] }`},
		{"items", []Edit{member(`4`), member(`6`)}, `{ "a":1, "b":{"c":2,"d":3} , "e":[5 ],"f":7 }`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for range 5 {
				rand.Shuffle(len(r.edits), func(i, j int) { r.edits[i], r.edits[j] = r.edits[j], r.edits[i] })
				x := &Exchange{Target: []byte("/a?b=1"), Body: []byte(body)}
				x.Edits = append(x.Edits, Edit{Part: OnTarget, Start: 2, End: 6})
				x.Edits = append(x.Edits, r.edits...)
				if err := x.applyEdits(); err != nil {
					t.Fatal(err)
				}
				if string(x.OutBody) != r.want || string(x.OutTarget) != "/a" {
					t.Errorf("%s %s, want %s", x.OutTarget, x.OutBody, r.want)
				}
			}
		})
	}
	x := &Exchange{Body: []byte(body), Edits: []Edit{{Part: OnBody, Member: true, Start: 2, End: uint32(len(body) + 1)}}}
	if x.applyEdits() == nil {
		t.Error("a member outside of the body is cut")
	}
}
