package schema

import (
	"fmt"
	"net/netip"
	"strings"
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
		{"uri-template", []string{`"a%1f"`, `"/{a}%20"`, `"%Af"`}, []string{`"a%1g"`, `"a%g1"`, `"a%zz"`, `"a%1"`, `"a%"`}},
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

// Addresses are those of net/netip without zones, for every count of groups,
// every place of a gap and with or without an IPv4 address at the end.
func TestIPv6(t *testing.T) {
	ran := 0
	for groups := range 10 {
		for gap := -1; gap <= groups; gap++ {
			for second := gap; second <= groups; second++ {
				for _, tail := range []string{"", "1.2.3.4", "1.2.3", "1.2.3.400", "01.2.3.4"} {
					var b strings.Builder
					for g := range groups + 1 {
						if g == gap || g == second {
							b.WriteString("::")
						} else if g > 0 && (g < groups || tail != "") {
							b.WriteByte(':')
						}
						if g < groups {
							fmt.Fprintf(&b, "%x", 0xa90+g)
						}
					}
					text := b.String() + tail
					addr, err := netip.ParseAddr(text)
					if want := err == nil && addr.Is6(); isIPv6([]byte(text)) != want {
						t.Errorf("%s: want %v", text, want)
					}
					ran++
				}
			}
		}
	}
	if ran < 1000 {
		t.Errorf("only %d addresses", ran)
	}
}

// A host has at most 253 characters, a label 63.
func TestLengthsOfHosts(t *testing.T) {
	label := func(n int) string { return strings.Repeat("a", n) }
	three := strings.Repeat(label(63)+".", 3)
	for _, r := range []struct {
		name, host string
		want       bool
	}{
		{"longest", three + label(61), true}, {"too-long", three + label(62), false}, {"too-long-in-labels", strings.Repeat("a.", 126) + "aa", false},
		{"many-labels", strings.Repeat("a.", 126) + "a", true}, {"label", label(63), true}, {"label-too-long", label(64), false},
	} {
		t.Run(r.name, func(t *testing.T) {
			if isHostname([]byte(r.host)) != r.want || isIDNHostname([]byte(r.host)) != r.want {
				t.Errorf("%d characters: want %v", len(r.host), r.want)
			}
		})
	}
}

// Where a date or a time has a digit nothing else may stand, and none may be
// missing or be one too many.
func TestDigitsOfTimes(t *testing.T) {
	for _, r := range []struct {
		name, text string
		ok         func([]byte) bool
	}{
		{"date", "2026-03-21", isDate}, {"time", "12:34:56+07:15", isTime}, {"date-time", "2026-03-21T12:34:56-07:15", isDateTime}, {"in-utc", "2026-03-21T12:34:56Z", isDateTime},
	} {
		t.Run(r.name, func(t *testing.T) {
			if !r.ok([]byte(r.text)) {
				t.Fatal("refused")
			}
			for i, c := range []byte(r.text) {
				for _, put := range []string{"", ":", "/", "a", " ", "_", "00", "\xb2"} {
					if c-'0' > 9 && put == string(c) {
						continue
					}
					if bad := r.text[:i] + put + r.text[i+1:]; r.ok([]byte(bad)) {
						t.Errorf("%q is accepted", bad)
					}
				}
				if r.ok([]byte(r.text[:i])) {
					t.Errorf("%q is accepted", r.text[:i])
				}
			}
		})
	}
}
