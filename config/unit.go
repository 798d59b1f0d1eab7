package config

import (
	"strconv"
	"strings"
	"time"
)

var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}, {"", 1}}

// maxBytes keeps products of sizes within an int64.
const maxBytes = 1 << 40

// ParseBytes reads a size: a number of bytes up to 1024GiB, alone or with B,
// KiB, MiB or GiB.
func ParseBytes(text string) (Bytes, bool) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil || n > uint64(maxBytes/u.bytes) {
			return 0, false
		}
		return Bytes(int64(n) * u.bytes), true
	}
	return 0, false
}

// String writes b with the largest unit that it is a multiple of.
func (b Bytes) String() string {
	for i := range 3 {
		if u := units[2-i]; b >= Bytes(u.bytes) && int64(b)%u.bytes == 0 {
			return strconv.FormatInt(int64(b)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

const day = 24 * time.Hour

// spanForm is what a time looks like; seconds and milliseconds may have a
// fraction in no case.
var spanForm = expression(`^(?:([0-9]{1,5})d)?((?:[0-9]{1,9}(?:h|ms|m|s))*)$`)

// ParseDuration reads a time that is not negative: whole numbers with d, h, m,
// s or ms, as in 30s, 1m30s or 365d.
func ParseDuration(text string) (time.Duration, bool) {
	m := spanForm().FindStringSubmatch(text)
	if m == nil || text == "" {
		return 0, false
	}
	days, _ := strconv.Atoi("0" + m[1])
	total := time.Duration(days) * day
	if m[2] != "" {
		d, err := time.ParseDuration(m[2])
		if err != nil || d > 100_000*day {
			return 0, false
		}
		total += d
	}
	return total, true
}

// duration writes d as ParseDuration reads it, where it can: what is below a
// millisecond or zero comes from programs alone.
func duration(d time.Duration) string {
	if d <= 0 || d%time.Millisecond != 0 {
		return d.String()
	}
	var b strings.Builder
	for _, u := range spans {
		if n := d / u.length; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			d -= n * u.length
		}
	}
	return b.String()
}

// spans are the units of times, the longest first.
var spans = []struct {
	name   string
	length time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}
