package schema

// quickRange judges most numbers that are in order with two comparisons of
// integers. What it does not accept, the rule that it was made of decides.
type quickRange struct {
	ready bool
	whole bool // takes no fraction
	base  int  // low and high are of 10^-base
	reach int  // how many more digits after the point low and high can be brought to
	// A number m of the same scale must have m-low >= above and high-m >= below.
	// Where there is no bound these are less than any difference can be.
	low, high, above, below int64
}

// unbounded is beyond all small numerals.
const unbounded = -(1 << 60)

// quicken makes the quick form of r once it has all of its keywords.
func (r *numberRule) quicken() {
	if r.multiple != nil || r.enum != nil || r.hasMin && !r.min.small || r.hasMax && !r.max.small {
		return
	}
	q := quickRange{above: unbounded, below: unbounded}
	least, most := bound{}, bound{}
	if r.hasMin {
		least, q.above = r.min, one(r.overMin)
	}
	if r.hasMax {
		most, q.below = r.max, one(r.underMax)
	}
	if f := r.format; f != nil && f.whole {
		q.whole = true
		q.narrow(&least, &most, f)
	}
	q.base = max(least.scale, most.scale)
	var fits bool
	if q.low, fits = scaled(least.m, q.base-least.scale); !fits {
		return
	}
	if q.high, fits = scaled(most.m, q.base-most.scale); !fits {
		return
	}
	const room = 1 << 62 // differences to small numerals do not overflow
	for q.reach < smallDigits && max(q.low, -q.low, q.high, -q.high) <= room/powers[q.reach+1] {
		q.reach++
	}
	q.ready = max(q.low, -q.low, q.high, -q.high) <= room
	r.quick = q
}

// narrow brings in the bounds of a format of integers. Those that are not
// small lie beyond all small numerals.
func (q *quickRange) narrow(least, most *bound, f *format) {
	if f.least.small && (q.above == unbounded || compareDecimals(&f.least.exact, &least.exact) > 0) {
		*least, q.above = f.least, 0
	}
	if f.most.small && (q.below == unbounded || compareDecimals(&f.most.exact, &most.exact) < 0) {
		*most, q.below = f.most, 0
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// takes reports that m / 10^scale, a small numeral, is in order for certain.
func (q *quickRange) takes(m int64, scale int) bool {
	k := scale - q.base
	if uint(k) > uint(q.reach) || q.whole && scale > 0 {
		return false
	}
	p := powers[k]
	return m-q.low*p >= q.above && q.high*p-m >= q.below
}

// quickNumber accepts a number of few digits and without an exponent when n
// does so for certain, and returns its end; otherwise -1, which says nothing.
func quickNumber(n *node, d []byte, i int) int {
	first := i
	if d[i] == '-' {
		first++
	}
	var m int64 // wraps where there are too many digits
	j := first
	for uint(j) < uint(len(d)) && d[j]-'0' <= 9 {
		m = m*10 + int64(d[j]-'0')
		j++
	}
	digits := j - first
	if digits == 0 || digits > 1 && d[first] == '0' {
		return -1
	}
	scale := 0
	if uint(j) < uint(len(d)) && d[j] == '.' {
		j++
		point := j
		for uint(j) < uint(len(d)) && d[j]-'0' <= 9 {
			m = m*10 + int64(d[j]-'0')
			j++
		}
		if scale = j - point; scale == 0 {
			return -1
		}
		digits += scale
	}
	if digits > smallDigits || uint(j) < uint(len(d)) && d[j]|0x20 == 'e' {
		return -1
	}
	if n.types&kNumber == 0 && (n.types&kInteger == 0 || scale > 0) {
		return -1
	}
	if first > i {
		m = -m
	}
	if n.num != nil && !n.num.quick.takes(m, scale) {
		return -1
	}
	return j
}
