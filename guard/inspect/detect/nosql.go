package detect

import "bytes"

// nosqlWhen: an operator of a document database begins with $, script in its
// queries needs a member or a statement behind a quote.
var nosqlWhen = []trigger{
	{any: cDollar},
	{any: cSemi | cUnbrace, and: cSingle | cDouble}, {any: cSemi, and: cDigit},
	{any: cDot, and: nosqlAfter},
}

// nosqlAfter are the characters one of which stands behind a member of script.
const nosqlAfter = cOpen | cEqual | cBang | cLeft | cLess | cGreater

// nosqlOperators are the operators of document databases; those that run
// script are marked.
var nosqlOperators = map[string]bool{
	"where": true, "function": true, "accumulator": true, "expr": true, "func": true,
	"ne": false, "eq": false, "gt": false, "gte": false, "lt": false, "lte": false, "in": false, "nin": false, "regex": false, "options": false, "exists": false,
	"or": false, "and": false, "nor": false, "not": false, "all": false, "size": false, "type": false, "mod": false, "elemmatch": false, "text": false, "jsonschema": false,
	"set": false, "unset": false, "inc": false, "push": false, "pull": false, "rename": false, "lookup": false, "match": false, "group": false, "merge": false, "out": false, "unionwith": false,
	"comment": false, "slice": false, "near": false, "geowithin": false, "bitsallset": false, "project": false, "sort": false, "limit": false, "sample": false, "replaceroot": false,
}

// nosql finds operators that stand where a name does, and script that takes
// part in a query.
func nosql(v *view) {
	s := v.lower()
	if v.chars&cDollar != 0 {
		for i := 0; i < len(s); i++ {
			n := bytes.IndexByte(s[i:], '$')
			if n < 0 {
				break
			}
			i += n
			nosqlOperator(v, s, i)
		}
	}
	if !v.json && v.chars&cDot != 0 && v.chars&nosqlAfter != 0 {
		nosqlMembers(v, s)
	}
	if !v.json && v.chars&(cSemi|cUnbrace) != 0 {
		if v.chars&(cSingle|cDouble) != 0 {
			nosqlStatements(v, s)
		} else {
			nosqlReturn(v, s)
		}
	}
}

// nosqlOperator judges the $ at i by what stands before and after its word.
func nosqlOperator(v *view, s []byte, i int) {
	end := i + 1
	for end < len(s) && end-i < 16 && kinds[s[end]]&cLetter != 0 {
		end++
	}
	script, known := nosqlOperators[string(s[i+1:end])]
	if !known {
		return
	}
	score := uint8(80)
	if script {
		score = 85
	}
	before, after := around(s, i-1, end)
	switch {
	case before == '[' && after == ']': // name[$ne]=
		if rest := bytes.TrimLeft(s[end:], "] "); len(rest) == 0 || rest[0] == '=' || rest[0] == '[' || len(s) < 40 {
			v.found(NoSQL, score, OperatorKey)
		} else {
			v.found(NoSQL, 55, OperatorKey)
		}
	case i == 0 && end == len(s):
		v.found(NoSQL, 60, OperatorKey) // a name that is an operator
	case i == 0 && after == ':' && script:
		v.found(NoSQL, 60, OperatorKey)
	case before == '"' || before == '\'' || before == '{' || before == ',':
		if rest := bytes.TrimLeft(s[end:], "\"' \t\r\n"); len(rest) == 0 || rest[0] != ':' {
			return
		}
		switch {
		case v.json, leadingByte(s) == '{', i < 3:
			v.found(NoSQL, score, OperatorKey)
		case before == ',' && v.chars&cSingle != 0:
			v.found(NoSQL, 75, OperatorKey, BreaksOut)
		default: // code within a text
			v.found(NoSQL, 60, OperatorKey)
		}
	}
}

// around are the bytes before i and from end on that are no white space, 0
// when there is none near.
func around(s []byte, i, end int) (before, after byte) {
	for n := 0; n < 8 && i >= 0 && i < len(s) && kinds[s[i]]&(cSpace|cTab|cNewline) != 0; n++ {
		i--
	}
	for n := 0; n < 8 && end < len(s) && kinds[s[end]]&(cSpace|cTab|cNewline) != 0; n++ {
		end++
	}
	if i >= 0 && i < len(s) {
		before = s[i]
	}
	if end < len(s) {
		after = s[end]
	}
	return before, after
}

// leadingByte is the first byte that is no white space.
func leadingByte(s []byte) byte {
	for _, b := range s {
		if kinds[b]&(cSpace|cTab|cNewline) == 0 {
			return b
		}
	}
	return 0
}

// nosqlCalls are the methods of collections.
var nosqlCalls = []string{"find(", "findone(", "drop(", "insert(", "remove(", "update(", "save(", "aggregate(", "mapreduce(", "count(", "deletemany(", "dropdatabase(", "getcollectionnames(", "eval("}

// nosqlMembers looks for this.field, which a $where query compares, and db,
// the database itself.
func nosqlMembers(v *view, s []byte) {
	for i := 0; i < len(s); {
		n := bytes.IndexByte(s[i:], '.')
		if n < 0 {
			return
		}
		i += n
		switch {
		case i < 2 || s[i-1] != 's' && s[i-1] != 'b':
		case i >= 4 && string(s[i-4:i]) == "this" && (i == 4 || kinds[s[i-5]]&inWord == 0):
			nosqlThis(v, s, i)
		case string(s[i-2:i]) == "db" && (i == 2 || kinds[s[i-3]]&(inWord|cDot) == 0):
			nosqlCall(v, s[i+1:min(len(s), i+64)])
		}
		i++
	}
}

// nosqlCall judges what follows db. in a text.
func nosqlCall(v *view, rest []byte) {
	if n := bytes.IndexByte(rest, '.'); n >= 0 && n < 32 {
		rest = rest[n+1:]
	}
	for _, call := range nosqlCalls {
		if bytes.HasPrefix(rest, []byte(call)) {
			v.found(NoSQL, 60, QueryScript)
		}
	}
}

func nosqlThis(v *view, s []byte, dot int) {
	end := dot + 1
	for end < len(s) && end-dot < 40 && kinds[s[end]]&inWord != 0 {
		end++
	}
	before, after := around(s, dot-5, end)
	if end == dot+1 || after != '=' && after != '!' && after != '.' && after != '[' && after != '<' && after != '>' {
		return
	}
	switch before {
	case '|', '&':
		if v.wide() && !bytes.ContainsAny(s[:min(dot, 16)], "'\"") { // code that is shown
			v.found(NoSQL, 55, QueryScript)
		} else {
			v.found(NoSQL, 75, QueryScript, BreaksOut)
		}
	case ';', '\'', '"', '!':
		v.found(NoSQL, 55, QueryScript)
	}
}

// nosqlStatements looks for the end of a literal and a statement of script. It
// is near the beginning, since the literal began before the value.
func nosqlStatements(v *view, s []byte) {
	for i, b := range s[:min(len(s), 32)] {
		if b != '\'' && b != '"' {
			continue
		}
		j, semi := i+1, false
		for j < len(s) && j-i < 12 && kinds[s[j]]&(cSpace|cTab|cNewline|cSemi|cUnbrace|cClose) != 0 {
			semi = semi || s[j] == ';' || s[j] == '}'
			j++
		}
		if !semi || bytes.Count(s[:i+1], s[i:i+1])%2 == 0 {
			continue
		}
		for _, word := range [...]string{"return", "var ", "while(", "while (", "do{", "it=new", "sleep(", "function"} {
			if bytes.HasPrefix(s[j:], []byte(word)) {
				v.found(NoSQL, 75, QueryScript, BreaksOut)
			}
		}
		end := j
		for end < len(s) && kinds[s[end]]&inWord != 0 {
			end++
		}
		if end > j && peek(s, end) == '=' && peek(s, end+1) != '=' && bytes.HasSuffix(s, []byte("//")) {
			v.found(NoSQL, 75, QueryScript, BreaksOut) // assigns, and cuts the rest off
		}
	}
}

// nosqlReturn looks for a number, the end of its statement, and a function
// that ends with an answer of the value's own.
func nosqlReturn(v *view, s []byte) {
	i := 0
	for i < len(s) && kinds[s[i]]&cDigit != 0 {
		i++
	}
	if i == 0 || peek(s, i) != ';' {
		return
	}
	if i = skip(s, i+1); starts(s, i, "return true") || starts(s, i, "return 1") || starts(s, i, "return this") || starts(s, i, "return(") {
		v.found(NoSQL, 60, QueryScript)
	}
}
