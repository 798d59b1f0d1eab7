package schema

import (
	"fmt"
	"testing"
)

// Formats that the public suite does not know, or knows little about.
func TestFormats(t *testing.T) {
	rows := []struct {
		format string
		yes    []string
		no     []string
	}{
		{"byte", []string{`""`, `"aGk="`, `"aGVsbG8h"`, `"+/+/"`}, []string{`"a"`, `"aGk"`, `"a==="`, `"aG k"`, `"-_-_"`, `"aGk=aGk="`}},
		{"int8", []string{`127`, `-128`, `1e2`}, []string{`128`, `-129`, `0.5`}},
		{"int32", []string{`2147483647`, `-2147483648`, `2147483647.0`}, []string{`2147483648`, `-2147483649`, `0.5`, `1e10`}},
		{"int64", []string{`9223372036854775807`, `-9223372036854775808`}, []string{`9223372036854775808`, `9223372036854775807.5`, `1e19`}},
		{"uint8", []string{`0`, `255`}, []string{`-1`, `256`}},
		{"uint64", []string{`18446744073709551615`}, []string{`18446744073709551616`, `-1`}},
		{"float", []string{`3.4e38`, `1e-400`, `0.1`}, []string{`3.5e38`, `-1e39`}},
		{"double", []string{`1.7e308`, `12345678901234567890`}, nil}, // beyond doubles nothing is read: see TestNumbersBeyondDoubles
		{"decimal", []string{`"1"`, `"-1.50"`, `1.5`}, []string{`"1."`, `".5"`, `"1e5"`, `""`, `"-"`}},
		{"date", []string{`"2024-02-29"`}, []string{`"2023-02-29"`, `"2024-13-01"`, `"2024-1-1"`, `"2024-02-29T"`}},
		{"date-time", []string{`"2024-02-29T23:59:60Z"`, `"2024-02-29t00:00:00.123456789+05:30"`}, []string{`"2024-02-29 00:00:00Z"`, `"2024-02-29T24:00:00Z"`, `"2024-02-29T00:00:00"`}},
		{"uuid", []string{`"2EB8AA08-AA98-11EA-B4AA-73B441D16380"`}, []string{`"2EB8AA08AA9811EAB4AA73B441D16380"`}},
		{"ipv4", []string{`"127.0.0.1"`}, []string{`"0127.0.0.1"`, `"1.2.3"`, `"1.2.3.4.5"`, `"256.1.1.1"`}},
		{"ipv6", []string{`"::"`, `"::ffff:1.2.3.4"`, `"1::"`, `"1:2:3:4:5:6:7::"`}, []string{`"1:2:3:4:5:6:7:8:9"`, `"::1%eth0"`, `":::"`, `"1:2:3:4:5:6:7"`, `"12345::"`}},
		{"hostname", []string{`"a.example"`, `"localhost"`}, []string{`"a..b"`, `"-a"`, `"a_b"`, `""`, `"a."`}},
		{"password", []string{`"anything"`}, nil},
		{"binary", []string{`"anything"`}, nil},
		{"invented", []string{`"anything"`, `1`}, nil},
	}
	for _, r := range rows {
		t.Run(r.format, func(t *testing.T) {
			s := compile(t, fmt.Sprintf(`{"format":%q}`, r.format), Options{})
			var st State
			for _, doc := range r.yes {
				if !s.Read(&st, []byte(doc)) {
					t.Errorf("%s is refused: %+v", doc, st.Fault())
				}
			}
			for _, doc := range r.no {
				if s.Read(&st, []byte(doc)) || st.Fault().Keyword != "format" {
					t.Errorf("%s: %+v", doc, st.Fault())
				}
			}
			doc := []byte(r.yes[0])
			if n := testing.AllocsPerRun(10, func() { s.Read(&st, doc) }); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
