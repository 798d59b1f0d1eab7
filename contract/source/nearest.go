package source

import "strings"

// maxNearest bounds the length of names that are compared.
const maxNearest = 64

// maxKnown bounds how many known names are compared.
const maxKnown = 1000

// Nearest returns the known name that name is probably a misspelling of, or
// "": one that differs little, or else the only one that begins with name.
// Case, "-" and "_" are not counted as differences.
func Nearest(name string, known ...string) string {
	if name == "" || len(name) > maxNearest {
		return ""
	}
	folded := fold(name)
	best, least := "", 1+max(1, len(folded)/3)
	for _, k := range known[:min(len(known), maxKnown)] {
		if k == name || len(k) > maxNearest {
			continue
		}
		if d := distance(folded, fold(k), least); d < least {
			best, least = k, d
		}
	}
	if best == "" && len(folded) >= minBeginning {
		best = only(folded, known[:min(len(known), maxKnown)])
	}
	return best
}

// minBeginning is how long what is taken as the beginning of a name must be.
const minBeginning = 4

// only returns the one known name that begins with folded, or "".
func only(folded string, known []string) (found string) {
	for _, k := range known {
		switch {
		case len(k) > maxNearest || len(fold(k)) == len(folded) || !strings.HasPrefix(fold(k), folded):
		case found != "":
			return ""
		default:
			found = k
		}
	}
	return found
}

// DidYouMean returns the hint `did you mean "x"?` for the nearest known name,
// or otherwise when none is near.
func DidYouMean(otherwise, name string, known ...string) string {
	if near := Nearest(name, known...); near != "" {
		return `did you mean "` + near + `"?`
	}
	return otherwise
}

func fold(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '_' {
			return -1
		}
		return c
	}, strings.ToLower(s))
}

// distance is the number of bytes to insert, remove, replace or swap with a
// neighbour that make a into b, or limit when it is at least that.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	var rows [3][maxNearest*3 + 1]uint8 // lower case can lengthen a name, at most threefold
	for j := range len(b) + 1 {
		rows[0][j] = uint8(j)
	}
	for i := range len(a) {
		row, last, before := &rows[(i+1)%3], &rows[i%3], &rows[(i+2)%3]
		row[0] = uint8(i + 1)
		for j := range len(b) {
			cost := uint8(1)
			if a[i] == b[j] {
				cost = 0
			}
			d := min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
		}
	}
	return min(int(rows[len(a)%3][len(b)]), limit)
}

func abs(n int) int { return max(n, -n) }
