package detect

import "bytes"

// Objects that a value brings along: keys that reach the prototype of all
// objects of JavaScript, and serialized objects whose reading runs code.

var prototypeWhen = []trigger{{any: cUnder | cLeft | cColon | cDouble, and: cDot | cLeft | cColon | cDouble | cEqual | cUnder}, {any: cDot, and: cLetter}}

// prototype finds keys and paths to a prototype.
func prototype(v *view) {
	b := v.text
	if starts(b, 0, "class.") && !v.wide() && holds(b[:min(len(b), nearby)], ".classloader.") {
		v.found(Code, odd+12, ReachesPrototype) // a binder of names to fields walks from any object to what loads its class
	}
	for i := 0; ; i += 5 {
		n := bytes.Index(b[min(i, len(b)):], []byte("proto")) // names of JavaScript have one case
		if n < 0 {
			return
		}
		i += n
		switch {
		case starts(b, i-2, "__proto__"):
			v.protoKey(b, i-2, i+7)
		case starts(b, i-2, "__proto") || starts(b, i-5, "__pro__proto"):
			if starts(b, i+5, "__") || v.field == Identifier {
				v.found(Prototype, odd+12, ReachesPrototype)
			}
		case starts(b, i, "prototype"):
			j := i
			for j > 0 && i-j < 8 && !wordy(b[j-1]) {
				j--
			}
			if k := j - len("constructor"); starts(b, k, "constructor") && !wordy(peek(b, k-1)) {
				v.protoKey(b, k, i+9)
			}
			if k := j - len("Object"); k == 0 && starts(b, k, "object.prototype.") && !v.wide() && bytes.IndexByte(b[i:], '=') > 0 {
				v.found(Prototype, odd+12, ReachesPrototype)
			}
		}
	}
}

// protoKey judges a key from i to j: as part of a path or of JSON it is set,
// in prose it is spoken of.
func (v *view) protoKey(b []byte, i, j int) {
	before, after := peek(b, i-1), peek(b, j)
	for after == ']' || after == '"' || after == '\'' {
		j++
		after = peek(b, j)
	}
	after = peek(b, skip(b, j))
	switch {
	case (before == '"' || before == '\'') && after == ':', before == '[' && (after == '[' || after == '='), after == '[' && i == 0, after == '=' && peek(b, skip(b, j)+1) != '=' && i == 0:
		v.found(Prototype, grave+5, ReachesPrototype)
	case after == '.' && is(peek(b, j+1), letter) && (i == 0 || before == '.' || before == '&' || before == '?' || before == '['):
		if v.wide() && prose(b) >= 2 {
			v.found(Prototype, odd, ReachesPrototype)
		} else {
			v.found(Prototype, grave, ReachesPrototype)
		}
	case v.wide() && prose(b) >= 2:
		v.found(Prototype, faint, ReachesPrototype)
	default:
		v.found(Prototype, odd+12, ReachesPrototype)
	}
}

var serialWhen = []trigger{
	{any: cColon, and: cBrace | cDouble | cBang | cSemi}, {any: cHigh | cControl}, {any: cBang, and: cSlash | cLess | cColon}, {any: cNewline, and: cOpen | cDot},
	{any: cLess, and: cDot | cMinus | cQuestion}, {any: cDouble, and: cDot | cSlash | cAt | cDollar}, {any: cSlash | cPlus | cEqual, and: cLetter},
}

// serial finds serialized objects.
func serial(v *view) {
	b := v.text
	v.magic(b)
	if v.layer == 0 || len(b) < 4096 {
		v.coded(b)
	}
	for i := 0; i < len(b) && v.best.Score < runs; i++ {
		switch b[i] {
		case ':':
			if i > 0 && phpObject(b, i) {
				v.found(Deserialization, grave+8, SerialObject)
			}
		case '!':
			v.yamlTag(b, i)
		case '"':
			v.typeKey(b, i)
		case '<':
			v.xmlObject(b, i)
		case '\n':
			if i > 1 && pickled(b, i) {
				v.found(Deserialization, grave+5, SerialObject)
			}
		}
	}
}

// leadsObject says whether a word of letters and digits alone begins as the
// code of a serialized object does.
func leadsObject(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	switch string(b[:4]) {
	case "rO0A", "aced", "ACED", "gASV", "gAWV", "AAEA", "BAhv":
		return true
	}
	return false
}

// magic judges the first bytes of binary forms.
func (v *view) magic(b []byte) {
	var head [3]byte
	copy(head[:], b)
	switch {
	case len(b) > 3 && string(b[:4]) == "\xac\xed\x00\x05", starts(b, 0, "aced0005"): // Java Object Serialization, section 6.4
		v.found(Deserialization, runs, SerialObject)
	case len(b) > 8 && string(b[:5]) == "\x00\x01\x00\x00\x00" && b[5] == 0xff, len(b) > 2 && b[0] == 0xff && b[1] == 1 && b[2] < 0x33: // MS-NRBF 2.6.1; view state
		v.found(Deserialization, grave, SerialObject)
	case len(b) > 5 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 && (b[2] == 0x95 || b[2] == 'c' || b[2] == '}' || b[2] == ']' || b[2] == '(') && b[len(b)-1] == '.': // Python pickle
		v.found(Deserialization, grave, SerialObject)
	case len(b) > 4 && b[0] == 4 && b[1] == 8 && bytes.IndexByte([]byte("oIUCce[{u:S"), b[2]) >= 0: // Ruby Marshal 4.8
		v.found(Deserialization, grave, SerialObject)
	}
}

// coded judges the same forms in base64, by the letters that their first
// bytes give whatever follows.
func (v *view) coded(b []byte) {
	i := 0
	for i < len(b) && (is(b[i], blank) || b[i] == '"' || b[i] == '\'') {
		i++
	}
	s := b[i:]
	if len(s) < 12 {
		return
	}
	switch {
	case string(s[:6]) == "rO0ABX", string(s[:6]) == "rO0ABQ", string(s[:7]) == "rO0ABWN":
		v.found(Deserialization, runs, SerialObject)
	case string(s[:9]) == "AAEAAAD//", string(s[:4]) == "gASV", string(s[:5]) == "gAWVx", string(s[:4]) == "gAWV", string(s[:4]) == "gAJj", string(s[:4]) == "gANj":
		v.found(Deserialization, grave, SerialObject)
	case string(s[:6]) == "BAhvOi": // Ruby Marshal 4.8 with an object and the name of its class
		v.found(Deserialization, grave, SerialObject)
	case string(s[:3]) == "BAh" && bytes.IndexByte([]byte("vJVbe7"), s[3]) >= 0, string(s[:3]) == "/wE" && len(s) > 24:
		v.found(Deserialization, odd+12, SerialObject)
	case string(s[:4]) == "Tzo0" || string(s[:4]) == "YToy" && len(s) > 40:
		v.found(Deserialization, odd, SerialObject)
	}
}

// phpObject says whether O:n:"Name": or C:n:"Name": (serialize of PHP) has its
// first colon at i.
func phpObject(b []byte, i int) bool {
	if c := b[i-1]; c != 'O' && c != 'C' && c != 'o' && c != 'c' || i > 1 && wordy(b[i-2]) {
		return false
	}
	j := i + 1
	if peek(b, j) == '+' {
		j++
	}
	from := j
	for j < len(b) && j < from+6 && is(b[j], digit) {
		j++
	}
	if j == from || peek(b, j) != ':' || peek(b, j+1) != '"' {
		return false
	}
	for j += 2; j < len(b) && j < i+nearby && (wordy(b[j]) || b[j] == '\\' || is(b[j], high)); j++ {
	}
	return peek(b, j) == '"' && peek(b, j+1) == ':'
}

// pickled says whether the line break at i ends a module and a name that an
// old pickle of Python imports, and a call follows.
func pickled(b []byte, i int) bool {
	j := i - 1
	for j > 0 && (wordy(b[j]) || b[j] == '.') && i-j < longest {
		j--
	}
	if j != 0 && b[j] != '\n' && b[j] != '(' {
		return false
	}
	if j > 0 {
		j++
	}
	if b[j] != 'c' || i-j < 3 {
		return false
	}
	k := i + 1
	for k < len(b) && k < i+longest && wordy(b[k]) {
		k++
	}
	return peek(b, k) == '\n' && k > i+1 && (peek(b, k+1) == '(' || peek(b, k+1) == 'p' || peek(b, k+1) == 'q') && bytes.IndexByte(b[k:], '.') > 0
}

// yamlTag judges tags that name a type of the program (YAML 1.2, section 6.8).
func (v *view) yamlTag(b []byte, i int) {
	if starts(b, i, "!!python/") || starts(b, i, "!python/") || starts(b, i, "!ruby/") || starts(b, i, "!!ruby/") || starts(b, i, "!!javax.") || starts(b, i, "!!java.") || starts(b, i, "!!com.") || starts(b, i, "!!org.") ||
		starts(b, i, "!<tag:yaml.org,2002:python") || starts(b, i, "!!perl/") || starts(b, i, "!!js/") || starts(b, i, "!php/object") {
		if v.wide() && prose(b) >= 4 && bytes.IndexByte(b[i:min(len(b), i+nearby)], '[') < 0 {
			v.found(Deserialization, odd, TypeOfProgram)
		} else {
			v.found(Deserialization, grave+5, TypeOfProgram)
		}
	}
}

// typeKey judges a key of JSON that names the class of what follows.
func (v *view) typeKey(b []byte, i int) {
	if starts(b, i, `"py/object`) || starts(b, i, `"py/reduce`) || starts(b, i, `"py/repr`) || starts(b, i, `"_$$nd_func$$`) || starts(b, i, `"json_class"`) {
		v.found(Deserialization, grave, TypeOfProgram)
		return
	}
	j := 0
	for _, k := range []string{`"$type"`, `"@type"`, `"@class"`, `"@c"`, `"__type"`, `"class"`, `"javaclass"`, `"_type"`} {
		if starts(b, i, k) {
			j = i + len(k)
			break
		}
	}
	if j == 0 {
		if named := className(b, i+1); named && (peek(b, i-1) == '[') {
			v.found(Deserialization, odd+13, TypeOfProgram)
		}
		return
	}
	if j = skip(b, j); peek(b, j) == ':' {
		if j = skip(b, j+1); peek(b, j) == '"' && className(b, j+1) {
			v.found(Deserialization, grave, TypeOfProgram)
		}
	}
}

// className says whether a name of a class of a platform begins at i.
func className(b []byte, i int) bool {
	for _, p := range []string{"java.", "javax.", "com.sun.", "com.mchange.", "com.zaxxer.", "org.apache.", "org.springframework.", "org.hibernate.", "sun.", "system.", "microsoft.", "ch.qos.", "oracle.", "br.com.", "net.sf.", "org.mozilla."} {
		if starts(b, i, p) {
			dots := 0
			for k := i; k < len(b) && k < i+nearby && b[k] != '"'; k++ {
				if b[k] == '.' {
					dots++
				}
			}
			return dots >= 2
		}
	}
	return false
}

// xmlObject judges elements that make objects of a program.
func (v *view) xmlObject(b []byte, i int) {
	rest := b[i:min(len(b), i+nearby)]
	switch {
	case starts(b, i, "<java.") || starts(b, i, "<javax.") || starts(b, i, "<jdk.") || starts(b, i, "<sun.") || starts(b, i, "<com.sun.") || starts(b, i, "<org.apache.") || starts(b, i, "<dynamic-proxy") || starts(b, i, "<java ") && holds(rest, "xmldecoder") ||
		starts(b, i, "<objectdataprovider") || starts(b, i, "<sorted-set>") || starts(b, i, "<tree-map>") && holds(rest, "<entry"):
		v.found(Deserialization, grave, TypeOfProgram)
	case (starts(b, i, "<object ") || starts(b, i, "<void ")) && (holds(rest, `class="java.`) || holds(rest, `class="javax.`)):
		v.found(Deserialization, grave, TypeOfProgram)
	}
}
