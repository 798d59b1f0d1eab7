package jose

import (
	"strings"
	"testing"
)

func TestAgo(t *testing.T) {
	for seconds, want := range map[int64]string{0: "0 seconds", 1: "1 second", 59: "59 seconds", 60: "1 minute", 185: "3 minutes 5 seconds", 3600: "1 hour", 3601: "1 hour",
		7260: "2 hours 1 minute", 86400: "1 day", 90061: "1 day 1 hour", 172860: "2 days"} {
		if got := ago(seconds); got != want {
			t.Errorf("%d: %q, want %q", seconds, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for want, names := range map[string][]string{"": nil, `"a"`: {"a"}, `"a" or "b"`: {"a", "b"}, `"a", "b", "c", "d", "e" or 2 more`: strings.Split("abcdefg", ""), `"\x1b[31m"`: {"\x1b[31m"},
		`"` + strings.Repeat("a", 100) + `…"`: {strings.Repeat("a", 5000)}} {
		if got := quoted(names); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
