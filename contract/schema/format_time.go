package schema

// Dates, times and durations: RFC 3339 section 5.6 and appendix A.

// two reads two digits at i; -1 when they are none.
func two(b []byte, i int) int {
	if i+2 > len(b) || b[i]-'0' > 9 || b[i+1]-'0' > 9 {
		return -1
	}
	return int(b[i]-'0')*10 + int(b[i+1]-'0')
}

func isDate(b []byte) bool {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return false
	}
	century, year, month, day := two(b, 0), two(b, 2), two(b, 5), two(b, 8)
	if century < 0 || year < 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= daysIn(century*100+year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func isDateTime(b []byte) bool {
	return len(b) > 11 && (b[10] == 'T' || b[10] == 't') && isDate(b[:10]) && isTime(b[11:])
}

// isTime reads full-time. Leap seconds are 23:59:60 in UTC.
func isTime(b []byte) bool {
	if len(b) < 9 || b[2] != ':' || b[5] != ':' {
		return false
	}
	hour, minute, second := two(b, 0), two(b, 3), two(b, 6)
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return false
	}
	b = b[8:]
	if b[0] == '.' {
		n := leadingDigits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	offset, ok := timeOffset(b)
	if !ok {
		return false
	}
	if second == 60 {
		return (hour*60+minute-offset+2*24*60)%(24*60) == 23*60+59
	}
	return true
}

// timeOffset reads Z or +hh:mm and returns minutes.
func timeOffset(b []byte) (minutes int, ok bool) {
	if len(b) == 1 {
		return 0, b[0] == 'Z' || b[0] == 'z'
	}
	if len(b) != 6 || b[0] != '+' && b[0] != '-' || b[3] != ':' {
		return 0, false
	}
	hour, minute := two(b, 1), two(b, 4)
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	if b[0] == '-' {
		return -(hour*60 + minute), true
	}
	return hour*60 + minute, true
}

// isDuration reads P, then weeks alone, or units in order without gaps.
func isDuration(b []byte) bool {
	if len(b) < 3 || b[0] != 'P' {
		return false
	}
	b = b[1:]
	if n := leadingDigits(b); n > 0 && n == len(b)-1 && b[n] == 'W' {
		return true
	}
	rest, ok := durationUnits(b, "YMD")
	if !ok || len(rest) == len(b) && (len(rest) == 0 || rest[0] != 'T') {
		return false
	}
	if len(rest) == 0 {
		return true
	}
	if rest[0] != 'T' {
		return false
	}
	end, ok := durationUnits(rest[1:], "HMS")
	return ok && len(end) == 0 && len(rest) > 1
}

// durationUnits reads numbers with units; a unit must follow the one before
// it directly (RFC 3339 appendix A has no P1Y2D).
func durationUnits(b []byte, units string) ([]byte, bool) {
	at := -1
	for len(b) > 0 && b[0] != 'T' {
		n := leadingDigits(b)
		if n == 0 || n == len(b) {
			return b, false
		}
		k := 0
		for k < len(units) && units[k] != b[n] {
			k++
		}
		if k == len(units) || at >= 0 && k != at+1 {
			return b, false
		}
		at = k
		b = b[n+1:]
	}
	return b, true
}
