package detect

// ldapWhen: a filter (RFC 4515) is made of parentheses.
var ldapWhen = []trigger{{any: cColon, and: cEqual}, {any: cClose, and: cOpen | cStar | cNUL}, {any: cOpen, and: cEqual}}

// ldap finds a value that closes the filter around it and opens another, and
// a value that is a filter itself.
func ldap(v *view) {
	s := v.text
	depth := 0
	for i, b := range s {
		switch b {
		case '(':
			depth++
			if i > 0 && i < 32 && s[i-1] == '*' && i+3 < len(s) && (s[i+1] == '|' || s[i+1] == '&') && s[i+2] == '(' && ldapItem(s[i+3:]) > 0 {
				v.found(LDAP, 60, FilterBreak)
			}
		case ')':
			if depth > 0 {
				depth--
				continue
			}
			ldapClosed(v, s, i)
		}
	}
	ldapRule(v, s)
	if leadingByte(s) == '(' {
		ldapWhole(v, s)
	}
}

// ldapClosed judges what follows the parenthesis i, which closes one that the
// value did not open.
func ldapClosed(v *view, s []byte, i int) {
	star := i > 0 && s[i-1] == '*'
	j := i + 1
	for j < len(s) && j-i < 8 && s[j] == ')' {
		j++
	}
	if j == len(s) || s[j] == 0 {
		if star && (i <= 24 || s[len(s)-1] == 0) && ldapPlain(s[:i-1]) {
			v.found(LDAP, 55, FilterBreak)
		}
		if j < len(s) {
			v.found(LDAP, 70, FilterBreak)
		}
		return
	}
	if j == i+1 && (s[j] == '&' || s[j] == '|' || s[j] == '!') && j+1 < len(s) && s[j+1] == '(' && ldapItem(s[j+2:]) > 0 {
		v.found(LDAP, 60, FilterBreak)
		return
	}
	score := uint8(80)
	if star {
		score = 85
	}
	for n := 0; n < 4 && j < len(s) && s[j] == '('; n++ {
		j++
		if j < len(s) && (s[j] == '&' || s[j] == '|' || s[j] == '!') && (j+1 == len(s) || s[j+1] == '(' || s[j+1] == ')' || ldapItem(s[j+1:]) > 0) {
			v.found(LDAP, score+5, FilterBreak)
			return
		}
		if ldapItem(s[j:]) > 0 {
			v.found(LDAP, score, FilterBreak)
			return
		}
	}
}

// ldapPlain says whether s is a word or nothing.
func ldapPlain(s []byte) bool {
	return scan(s)&^(cLetter|cDigit|cDot|cMinus|cUnder|cAt|cStar) == 0
}

// ldapItem is the length of an attribute with its operator at the beginning
// of s, as cn= and age>=, and 0 if there is none.
func ldapItem(s []byte) int {
	n := 0
	for n < len(s) && n < 64 && kinds[s[n]]&(cLetter|cDigit|cMinus|cDot|cSemi|cColon) != 0 {
		n++
	}
	if n == 0 {
		return 0
	}
	rest := s[n:]
	if len(rest) > 1 && (rest[0] == '>' || rest[0] == '<' || rest[0] == '~') && rest[1] == '=' {
		return n + 2
	}
	if len(rest) > 0 && rest[0] == '=' && (len(rest) < 2 || rest[1] != '=') {
		return n + 1
	}
	return 0
}

// ldapWhole judges a value that begins with a parenthesis.
func ldapWhole(v *view, s []byte) {
	i := 0
	for s[i] != '(' {
		i++
	}
	rest := s[i+1:]
	if len(rest) > 2 && (rest[0] == '&' || rest[0] == '|' || rest[0] == '!') && rest[1] == '(' && (rest[2] == '|' || rest[2] == '&' || rest[2] == '!' || ldapItem(rest[2:]) > 0) {
		v.found(LDAP, 60, FilterWhole)
		return
	}
	if n := ldapItem(rest); n > 0 && len(rest) > n+1 && rest[n] == '*' && rest[n+1] == ')' {
		v.found(LDAP, 60, FilterWhole)
	}
}

// ldapRule judges a value that begins with an attribute and the number of a
// rule by which it is matched (RFC 4515, section 3: extensible).
func ldapRule(v *view, s []byte) {
	i := 0
	for i < len(s) && i < 64 && kinds[s[i]]&(cLetter|cDigit|cMinus) != 0 {
		i++
	}
	if i == 0 || i >= len(s) || s[i] != ':' {
		return
	}
	dots := 0
	for i++; i < len(s) && kinds[s[i]]&(cDigit|cDot) != 0; i++ {
		if s[i] == '.' {
			dots++
		}
	}
	if dots >= 2 && peek(s, i) == ':' && peek(s, i+1) == '=' {
		v.found(LDAP, 60, FilterBreak)
	}
}
