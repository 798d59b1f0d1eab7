package detect

import "bytes"

// Addresses that lead elsewhere than they seem to (URL Living Standard, 4.4):
// a browser reads \ as /, drops tabs and line breaks, and takes what stands
// before @ for a name.

var redirectWhen = []trigger{{any: cSlash | cBack, and: cSlash | cBack}, {any: cColon, and: cSlash | cBack | cDot | cLetter}, {any: cAt}}

// redirect judges a value as a place to be sent to.
func redirect(v *view) {
	b := v.text
	strict := v.field == URL
	if !strict && (v.field != Unknown || len(b) > 512) {
		return
	}
	i := 0
	for i < len(b) && (is(b[i], blank|control)) {
		i++
	}
	odds := i > 0
	slashes, backs, blanks, from := 0, 0, 0, i
	for i < len(b) && (b[i] == '/' || b[i] == '\\' || is(b[i], blank|control)) {
		switch {
		case b[i] == '\\':
			backs++
		case b[i] == '/':
			slashes++
		default:
			blanks++
		}
		i++
	}
	lead := slashes + backs
	host := i < len(b) && (is(b[i], letter|digit|high) || b[i] == '@' || b[i] == '[' || b[i] == '.' || b[i] == ';' || b[i] == '%')
	switch {
	case lead == 2 && backs == 0 && !strict && from == 0 && b[0] == '/' && b[1] == '/' && b[i-1] == ' ' && prose(b[i:]) >= 3: // a comment of a program
	case lead >= 2 && host && (backs > 0 && slashes > 0 && from == 0 || blanks > 0 && lead >= 2):
		v.found(Redirect, odd+5, LeadsElsewhere)
	case !strict && slashes > 2 && backs == 0 && from == 0 && host && bytes.IndexByte(b[i:], '.') > 0 && bytes.IndexByte(b, '{') < 0:
		v.found(Redirect, odd-8, LeadsElsewhere)
	case strict && slashes == 2 && lead == 2 && host && asset(b[i:]): // loaded, not followed
	case strict && lead >= 2 && host, strict && lead == 1 && backs == 1 && host, strict && lead >= 1 && blanks > 0:
		v.found(Redirect, odd+10, LeadsElsewhere)
	case strict && lead == 1 && passedOn(b):
		v.found(Redirect, odd, LeadsElsewhere)
	case lead == 0:
		v.scheme(b[from:], strict, odds)
	}
}

// passedOn says whether a path of the same host has a parameter that begins
// with // and a host, without a scheme: nothing but a forwarder takes one.
func passedOn(b []byte) bool {
	query := bytes.IndexByte(b, '?')
	if query < 0 {
		return false
	}
	i := bytes.Index(b[query:], []byte("=//")) + query
	return i > query && is(peek(b, i+3), letter|digit) && bytes.IndexByte(b[i:], '.') > 0 && !asset(b[i+3:])
}

// scheme judges an address with a scheme.
func (v *view) scheme(b []byte, strict, odds bool) {
	i := 0
	for i < len(b) && i < longest && (wordy(b[i]) || b[i] == '+' || b[i] == '-' || b[i] == '.') {
		i++
	}
	if peek(b, i) != ':' {
		return
	}
	web := starts(b, 0, "http:") || starts(b, 0, "https:") || starts(b, 0, "ftp:")
	j, backs, slashes := i+1, 0, 0
	for j < len(b) && (b[j] == '/' || b[j] == '\\') {
		if b[j] == '\\' {
			backs++
		}
		slashes++
		j++
	}
	if !web {
		return
	}
	switch {
	case backs > 0, slashes > 2, slashes == 1 && j < len(b), slashes == 0 && j < len(b) && is(b[j], letter|digit):
		if strict {
			v.found(Redirect, odd+10, LeadsElsewhere)
		} else if backs > 0 || slashes > 2 {
			v.found(Redirect, odd, LeadsElsewhere)
		} else if bytes.IndexByte(b[j:], '.') > 0 && bytes.IndexByte(b, ' ') < 0 {
			v.found(Redirect, odd-8, LeadsElsewhere)
		}
		return
	}
	for k := j; k < len(b) && b[k] != '/' && b[k] != '?' && b[k] != '#'; k++ {
		switch {
		case b[k] == '@':
			if strict {
				v.found(Redirect, odd, LeadsElsewhere) // a name before the host (RFC 3986, section 7.6)
			}
			return
		case b[k] == '\\', is(b[k], control), b[k] == '\t', b[k] == '\n', b[k] == '\r':
			v.found(Redirect, odd, LeadsElsewhere)
			return
		}
	}
	if strict && odds {
		v.found(Redirect, odd, LeadsElsewhere)
	}
}

// asset says whether an address without a scheme names a file that pages load.
func asset(b []byte) bool {
	end := len(b)
	for k, c := range b {
		if c == '@' || c == '\\' || c == '%' {
			return false
		}
		if c == '?' || c == '#' {
			end = k
			break
		}
	}
	dot := end
	for dot > 0 && end-dot < 6 && b[dot-1] != '.' && b[dot-1] != '/' {
		dot--
	}
	if peek(b, dot-1) != '.' {
		return false
	}
	var w spelling
	w.spell(b[:end], dot)
	return assets.get(w.word()) != 0
}

var assets = vocabulary(plain, "js mjs css png jpg jpeg gif svg webp avif ico woff woff2 ttf mp3 mp4 webm pdf map", nil)
