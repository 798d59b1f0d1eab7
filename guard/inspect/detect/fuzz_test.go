package detect

import (
	"bytes"
	"testing"
)

// FuzzJudge holds that no value brings a grammar down, that the same value has
// the same verdict, and that judging changes nothing of it.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{"O'Brien", "1' or 1=1--", "1/*!50000union*/ select 1,2", "%2527%20or%201=1", "&#39; or '1'='1", `{"a":{"$ne":null}}`,
		"*)(uid=*))(|(uid=*", "' or count(//*)=1", "MScgb3IgMT0xLS0gYWJj", "\\u0027 or 1=1", "＇ or 1=1", "a;b'c\"d`e(f)g", "select case when 1=1 then 2 end", "@@version -- \n# /* */"} {
		f.Add([]byte(s), uint8(0), uint8(0))
	}
	f.Fuzz(func(t *testing.T, value []byte, at, field uint8) {
		before := bytes.Clone(value)
		one := Judge(value, Position(at%6), Field(field%uint8(fields)))
		Judge([]byte("' or 1=1 union select {\"$ne\":1} -- <script>"), Query, Unknown) // dirties the scratch
		two := Judge(value, Position(at%6), Field(field%uint8(fields)))
		if one != two {
			t.Errorf("%q: %v, then %v", value, one, two)
		}
		if !bytes.Equal(before, value) {
			t.Errorf("%q became %q", before, value)
		}
		if among := Only(one.Class); one.Class != None && JudgeAmong(value, Position(at%6), Field(field%uint8(fields)), among).Class != one.Class {
			t.Errorf("%q: %v, and nothing where only that class is looked for", value, one)
		}
		if one.Score > 100 || (one.Score == 0) != (one.Class == None) {
			t.Errorf("%q: %v", value, one)
		}
	})
}
