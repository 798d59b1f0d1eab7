package detect

import "bytes"

// Fragments of program text that a server may evaluate: PHP, Python, Ruby,
// JavaScript on a server, Java with its expression languages, .NET, Perl and
// Lua. What counts is a call that reaches the system, or a walk over the
// attributes of an object to where such calls are; names alone are no finding.

var codeWhen = []trigger{
	{any: cOpen | cTick, and: cSingle | cDouble | cDollar | cDot | cUnder | cClose},
	{any: cUnder | cDollar, and: cDot | cLeft | cSingle | cDouble | cOpen}, {any: cDollar, and: cUnder}, {any: cLeft, and: cSingle | cDouble},
	{any: cLess, and: cQuestion | cPercent},
	{any: cAt | cHash, and: cDot | cOpen}, {any: cEqual, and: cDot}, {any: cPercent, and: cOpen}, {any: cPlus, and: cSingle | cDouble},
}

// What a word of a program means.
const (
	reach    = 1 << iota // a function that reaches the system, when it is called with a text
	telltale             // the same, and no word of any text for people
	object               // an object or package that has such functions
	memberOf             // a member of one
	inner                // an attribute that leads to the inside of the language
)

var codeWords = func() *words {
	t := vocabulary(reach, `system exec eval assert include include_once require require_once print echo die sleep open compile execute spawn load getattr
		setattr print_r var_dump md5 chr fopen read file popen import getenv send`, nil)
	vocabulary(telltale, `shell_exec passthru proc_open pcntl_exec base64_decode gzinflate str_rot13 create_function call_user_func call_user_func_array
		file_get_contents file_put_contents readfile phpinfo preg_replace unserialize fsockopen curl_exec move_uploaded_file highlight_file show_source
		phpversion php_uname putenv ini_set ini_get posix_getpwuid array_map array_filter usort register_shutdown_function register_tick_function
		__import__ __builtins__ execfile execsync spawnsync execfilesync readfilesync writefilesync readdirsync child_process getruntime processbuilder forname
		instance_eval class_eval module_eval exec_query xp_cmdshell loadlibrary dlopen scandir opendir gethostbyname set_error_handler array_diff_ukey
		invokemethod getdeclaredmethods getdeclaredconstructor getdeclaredfield newinstance scriptenginemanager getenginebyname usleep mb_ereg_replace preg_replace_callback`, t)
	vocabulary(object, `os sys subprocess popen2 commands pty platform io kernel process open3 runtime class processbuilder file dir ioutil
		child_process fs vm mainmodule java javax groovy ognl system assembly diagnostics globals builtins importlib pickle marshal reflect module object global`, t)
	vocabulary(memberOf, `system popen exec execute spawn spawnsync execsync fork kill call check_output check_call run getoutput read readfilesync writefile readlines binding
		mainmodule env getruntime forname getmethod invoke start load loadfrom open syscall backtick listdir walk environ getenv dlopen getenginebyname
		runinnewcontext runinthiscontext getproperty exit lang util script naming diagnostics readalltext writealltext startinfo restart import_module loads
		classloader module urlclassloader delete unlink _load require`, t)
	return vocabulary(inner, `__class__ __mro__ __base__ __bases__ __subclasses__ __globals__ __init__ __builtins__ __import__ __dict__ __getattribute__ __code__ __reduce__
		func_globals gi_frame f_globals f_builtins f_back getclass classloader memberaccess _memberaccess ognlcontext constructor`, t)
}()

// evidence is what was seen of a program.
type evidence struct {
	level, place int // 1 could act, 2 acts
	inners       int
}

func (e *evidence) note(level, place int) {
	if level > e.level {
		e.level, e.place = level, place
	}
}

// code finds fragments of programs.
func code(v *view) {
	if v.plainly() {
		return
	}
	b := v.text
	if leadsClass(b, v.chars) {
		v.found(Code, odd-5, WalksObject)
		return
	}
	e := evidence{place: len(b)}
	for i := 0; i < len(b) && e.level < 2; {
		switch c := b[i]; {
		case is(c, letter) || c == '_':
			j := wordEnd(b, i)
			if j-i <= longest && codeWords.may(b[i:j]) && used(b, j) {
				var w spelling
				w.spell(b, i)
				if m := codeWords.get(w.word()); m != 0 {
					e.word(b, i, j, m)
				}
			}
			i = j
		case is(c, digit):
			for i < len(b) && wordy(b[i]) {
				i++
			}
		case c == '$':
			e.variable(b, i)
			i++
		case c == '%' && peek(b, i+1) == 'x' && (peek(b, i+2) == '(' || peek(b, i+2) == '{' || peek(b, i+2) == '[') && !wordy(peek(b, i-1)):
			e.note(2, i) // a command as Ruby writes it
			i++
		case c == '<' && peek(b, i+1) == '?':
			v.processing(b, i)
			i += 2
		case c == '@' || c == '#':
			if starts(b, i, "@java.") || starts(b, i, "@ognl.") || starts(b, i, "#_memberaccess") || starts(b, i, "#context[") || starts(b, i, "#request") && peek(b, i+8) == '.' {
				e.note(2, i)
			}
			i++
		case (c == '\'' || c == '"') && joined(b, i):
			e.note(2, i)
			i++
		case c == '(' && i > 0 && !wordy(b[i-1]) && calledText(b, i):
			e.note(2, i)
			i++
		case c == '(' && peek(b, i+1) == '#' && wordy(peek(b, i+2)) && bytes.IndexByte(b[i:min(len(b), i+longest)], '=') > 0:
			e.note(2, i)
			i++
		default:
			i++
		}
	}
	if e.inners > 1 {
		e.note(2, 0)
	}
	v.program(b, &e)
}

// joined says whether the quote at i closes a text to which + joins a member
// of what a program is given by its system.
func joined(b []byte, i int) bool {
	k := skip(b, i+1)
	if peek(b, k) != '+' {
		return false
	}
	k = skip(b, k+1)
	return starts(b, k, "process.") || starts(b, k, "global.") || starts(b, k, "globalthis.")
}

// used says whether a program does something with the word that ends at j.
func used(b []byte, j int) bool {
	switch n := peek(b, j+1); peek(b, j) {
	case ' ', '\t', '\n':
		return n == '(' || n == '\'' || n == '"' || n == '/' || n == '.' || n == ' '
	case ',':
		return false
	case '.':
		return !is(n, blank) && n != 0
	}
	return true
}

// word judges a known word from i to j.
func (e *evidence) word(b []byte, i, j int, m uint8) {
	before, k := peek(b, i-1), skip(b, j)
	for peek(b, k) == '/' && peek(b, k+1) == '*' {
		n := comment(b[:min(len(b), k+nearby)], k)
		if n < 0 {
			break
		}
		k = skip(b, n)
	}
	c := peek(b, k)
	if c == '(' && k > j && starts(b, i, "import ") {
		return // a list of packages, as Go writes it
	}
	if m&inner != 0 {
		if before == '.' || before == '\'' || before == '"' || before == '[' || before == '#' || peek(b, j) == '.' || peek(b, j) == '[' {
			e.inners++
			if e.level == 0 && m&^inner == 0 {
				e.note(1, i)
			}
		}
	}
	if before == '.' && (peek(b, i-2) == '"' || peek(b, i-2) == '\'') && starts(b, i, "execute()") {
		e.note(2, i) // a text that is run, as Groovy does
	}
	if m&telltale != 0 && c == '(' && !manual(b, i, k) {
		e.note(2, i)
	}
	if m&reach != 0 && !loadsModule(b, i, k) && (c == '(' && (k == j || !is(peek(b, skip(b, k+1)), digit)) && evaluated(b, k+1) || k > j && (c == '\'' || c == '"') && closesText(b, k) && (i == 0 && !tells(b, k) || before == ';' || before == '.' || before == '{')) {
		e.note(2, i)
	}
	if m&object != 0 && (c == '.' || c == ':' && peek(b, k+1) == ':' || c == '[' || peek(b, j) == '\'' && peek(b, j+1) == ')' || peek(b, j) == '"' && peek(b, j+1) == ')') {
		e.object(b, i, k, c)
	}
}

// loadsModule says whether the word at i, whose arguments begin at k, is
// require or import of a module that by itself reaches nothing, as every
// program has them.
func loadsModule(b []byte, i, k int) bool {
	if !starts(b, i, "require(") && !starts(b, i, "import(") {
		return false
	}
	if k++; peek(b, k) != '\'' && peek(b, k) != '"' {
		return false
	}
	if k++; starts(b, k, "node:") {
		k += 5
	}
	var w spelling
	end := w.spell(b, k)
	return codeWords.get(w.word())&object == 0 && (starts(b, end, "'") || starts(b, end, "\"") || !bytes.Contains(b[end:min(len(b), end+nearby)], []byte("//")))
}

// closesText says whether the quote at i closes and a statement ends behind it.
func closesText(b []byte, i int) bool {
	end := bytes.IndexByte(b[i+1:min(len(b), i+nearby)], b[i])
	return end > 0 && (i+end+2 >= len(b) || b[i+end+2] == ';' || b[i+end+2] == '.')
}

// tells says whether the value is echo or print and the text in quotes at k:
// it shows what it is given, as people show it, and reaches nothing.
func tells(b []byte, k int) bool {
	return (starts(b, 0, "echo ") || starts(b, 0, "print ")) && b[len(b)-1] == b[k] && bytes.IndexByte(b[k+1:], b[k]) == len(b)-k-2
}

// evaluated says whether an argument at i is one that programs pass: a text,
// a variable, another call, or nothing; not prose in brackets.
func evaluated(b []byte, i int) bool {
	i = skip(b, i)
	switch c := peek(b, i); {
	case c == '\'' || c == '"' || c == '`' || c == '$':
		return true
	case is(c, letter):
		for i < len(b) && wordy(b[i]) {
			i++
		}
		return peek(b, i) == '(' && peek(b, i-1) != ' '
	case is(c, digit):
		for i < len(b) && (is(b[i], digit) || b[i] == '*' || b[i] == '+') {
			i++
		}
		return peek(b, i) == ')' && (i+1 >= len(b) || b[i+1] == ';' || b[i+1] == '.' || b[i+1] == '}')
	case c == ')':
		return peek(b, i+1) == ';'
	}
	return false
}

// object judges a member of an object of the system. k is behind its name.
func (e *evidence) object(b []byte, i, k int, c byte) {
	if c != '.' && c != ':' && c != '[' {
		if starts(b, max(0, i-9), "require(") || starts(b, max(0, i-8), "mport('") || starts(b, max(0, i-12), "__import__('") || starts(b, max(0, i-12), "__import__(\"") {
			e.note(2, i)
		}
		return
	}
	for peek(b, k) == '.' || peek(b, k) == ':' || peek(b, k) == '[' || peek(b, k) == '\'' || peek(b, k) == '"' {
		k++
	}
	var w spelling
	j := skip(b, w.spell(b, k))
	if codeWords.get(w.word())&memberOf == 0 {
		return
	}
	for peek(b, j) == '\'' || peek(b, j) == '"' || peek(b, j) == ']' {
		j++
	}
	switch peek(b, j) {
	case '(':
		if q := peek(b, skip(b, j+1)); q == '\'' || q == '"' || q == '[' || q == ')' || q == '$' || q == '@' || is(q, letter) {
			e.note(2, i)
		}
	case '.', '[':
		var next spelling
		n := next.spell(b, j+1)
		if m := codeWords.get(next.word()); m&(object|telltale|inner|memberOf) != 0 && string(w.word()) != "env" {
			if e.note(1, i); peek(b, n) == '(' || m&telltale != 0 || peek(b, n) == '.' || peek(b, n) == '@' {
				e.note(2, i)
			}
		} else {
			e.note(1, i)
		}
	case 0, ';', '\n':
		e.note(1, i)
	}
}

// variable judges a variable of PHP that holds a request or all variables.
func (e *evidence) variable(b []byte, i int) {
	if starts(b, i, "$_get[") || starts(b, i, "$_post[") || starts(b, i, "$_request[") || starts(b, i, "$_server[") || starts(b, i, "$_cookie[") || starts(b, i, "$_files[") || starts(b, i, "$globals[") ||
		starts(b, i, "$_get{") || starts(b, i, "$_session[") {
		e.note(1, i)
		if p := peek(b, i-1); p == '(' || p == '`' || p == '@' || peek(b, i-1) == '$' {
			e.note(2, i)
		}
	}
	if starts(b, i, "$$nd_func$$") {
		e.note(2, i)
	}
	if c := peek(b, i+1); (is(c, letter) || c == '_' || c == '$' || c == '{') && calledVariable(b, i+1) {
		e.note(1, i)
	}
}

// calledVariable says whether PHP calls a function by the variable at i.
func calledVariable(b []byte, i int) bool {
	from := i
	for i < len(b) && i < from+64 {
		switch c := b[i]; {
		case wordy(c) || c == '$' || c == '-' && peek(b, i+1) == '>':
			if i++; c == '-' {
				i++
			}
		case c == '[' || c == '{':
			for end := min(len(b), i+longest); i < end && b[i] != ']' && b[i] != '}'; i++ {
			}
			i++
		case c == '/' && peek(b, i+1) == '*':
			n := comment(b[:min(len(b), i+64)], i)
			if n < 0 {
				return false
			}
			i = n
		case c == '(':
			return i > from && bytes.IndexByte(b[i:min(len(b), i+nearby)], ')') > 0
		default:
			return false
		}
	}
	return false
}

// processing judges the begin of a program in a page.
func (v *view) processing(b []byte, i int) {
	program := starts(b, i, "<?php") || starts(b, i, "<?=") || i+2 < len(b) && is(b[i+2], blank) || starts(b, i, "<?echo")
	if !program {
		return
	}
	if v.wide() {
		v.found(Code, odd, Program)
	} else {
		v.found(Code, grave+5, Program)
	}
}

// program scores what code found.
func (v *view) program(b []byte, e *evidence) {
	if e.level == 0 {
		if k := seek(b, 0, "class.module.classloader"); k >= 0 || starts(b, 0, "class.classloader") {
			v.found(Code, grave, WalksObject)
		}
		return
	}
	broke := brokeOut(b, min(e.place, len(b)))
	words := prose(b)
	reason := CallsSystem
	if e.inners > 0 {
		reason = WalksObject
	}
	switch {
	case e.level == 1 && v.field == Identifier:
		v.found(Code, odd, reason)
	case e.level == 1:
		v.found(Code, odd-8, reason)
	case !v.wide() && (v.field != Unknown || words < sentences):
		v.found(Code, grave, reason)
	case broke && (words < 3 || cutOff(b)), words <= 1 && e.place < 24, words == 0 && len(b) < 200, bytes.Contains(b, []byte("$$ND_FUNC")):
		v.found(Code, odd+14, reason)
	case e.inners > 1 || holds(b, "getruntime()") || holds(b, "$_get[") || holds(b, "$_post[") || holds(b, "$_request["):
		v.found(Code, odd+13, reason)
	default:
		v.found(Code, odd, reason)
	}
}
