package detect

import "bytes"

// Ways of a shell to say a command otherwise than by its name behind a
// separator.

// assigned says whether the variable at i stands where a command does and the
// value itself set it before: x=$'id';$x. Languages whose variables begin with
// $ where they are set are none of these.
func assigned(b []byte, i int) bool {
	from := i + 1
	if peek(b, from) == '{' {
		from++
	}
	end := wordEnd(b, from)
	if end == from || end-from > longest || !is(b[from], letter) && b[from] != '_' {
		return false
	}
	switch peek(b, end) {
	case 0, ' ', ';', '|', '&', '\n', '}', '\'', '"', '#':
	default:
		return false
	}
	k := i - 1
	for k >= 0 && is(b[k], blank) && b[k] != '\n' {
		k--
	}
	if c := peek(b, k); c != ';' && c != '&' && c != '|' && c != '\n' {
		return false
	}
	name := b[from:end]
	for j := max(0, i-nearby); j+len(name) < i; j++ {
		if b[j] == name[0] && b[j+len(name)] == '=' && string(b[j:j+len(name)]) == string(name) && b[j+len(name)+1] != ' ' && b[j+len(name)+1] != '=' {
			if c := peek(b, j-1); c == 0 || c == ';' || c == '|' || c == '&' || c == '^' || is(c, blank) && peek(b, j+len(name)+1) == '$' {
				return true
			}
		}
	}
	return false
}

// sliced says whether a part of a variable of cmd.exe stands at i, as
// %name:~10,1%, which nobody writes but to hide a character.
func sliced(b []byte, i int) bool {
	k := wordEnd(b, i+1)
	return k > i+1 && k-i <= longest && peek(b, k) == ':' && peek(b, k+1) == '~' && (is(peek(b, k+2), digit) || peek(b, k+2) == '-')
}

// writtenBreak is the place behind a line break that a value begins with and
// spells as a program does, \n, which some readers undo; 0 for none.
func writtenBreak(b []byte) int {
	i := 0
	if c := peek(b, 0); c == '\'' || c == '"' {
		i++
	}
	if peek(b, i) == '\\' && peek(b, i+1) == 'r' {
		i += 2
	}
	if peek(b, i) == '\\' && peek(b, i+1) == 'n' {
		return i + 2
	}
	return 0
}

// redirects says whether a redirection to or from a file of the system begins
// the value.
func redirects(b []byte) bool {
	i := 1
	if peek(b, i) == b[0] {
		i++
	}
	i = skip(b, i)
	return starts(b, i, "/tmp/") || starts(b, i, "/etc/") || starts(b, i, "/var/") || starts(b, i, "/dev/")
}

// endsLine says whether a line break spelt as \n stands at i and no word goes
// on behind it.
func endsLine(b []byte, i int) bool {
	return b[i] == '\\' && peek(b, i+1) == 'n' && !wordy(peek(b, i+2))
}

// tickOf is the separator that the backtick at i is: one within a word can be
// no mark of code in prose.
func tickOf(b []byte, i int) separator {
	if !wordy(peek(b, i-1)) {
		return quote
	}
	for k := i + 1; k < len(b) && k < i+longest; k++ {
		if b[k] == '`' {
			if wordy(peek(b, k+1)) {
				return replace
			}
			break
		}
	}
	return quote
}

// globbed says whether a path at the beginning of b has names that the shell
// is to find by their letters: /e?c/p?ss?d.
func globbed(b []byte) bool {
	marks := 0
	for i := 0; i < len(b) && i < nearby && !is(b[i], blank); i++ {
		if b[i] == '?' && (wordy(peek(b, i+1)) || peek(b, i-1) == '?' || i > 0 && wordy(b[i-1])) {
			marks++
		}
	}
	return marks >= 2 && b[0] == '/'
}

// hiddenPath says whether a file of the system is named in b so that a filter
// does not see it.
func hiddenPath(b []byte) bool {
	k := seek(b, 0, "/etc/")
	if k < 0 {
		return false
	}
	for i := k + 6; i < len(b) && i < k+longest && !is(b[i], blank); i++ {
		if c := b[i]; c == '?' || c == '*' || c == '\'' || c == '"' || c == '\\' || c == '[' {
			return is(peek(b, i-1), letter) && (is(peek(b, i+1), letter) || peek(b, i+1) == c)
		}
	}
	return false
}

// programOptions of ssh, tar, git, rsync and their like name a program that
// is run: a value that becomes an argument needs no separator then.
var programOptions = []string{"-oproxycommand=", "-o proxycommand=", "-olocalcommand=", "-o localcommand=", "--checkpoint-action=exec", "--use-compress-program=", "--to-command=",
	"--upload-pack=", "--receive-pack=", "--rsh=", "--rsync-path=", "--use-askpass=", "--open-files-in-pager="}

// option judges a value that begins with an option which names a program.
func (v *view) option(b []byte) {
	if peek(b, 0) != '-' || v.wide() {
		return
	}
	for _, o := range programOptions {
		if starts(b, 0, o) {
			v.found(Command, odd+5, RunsCommand)
			return
		}
	}
}

// piped says whether the command at i stands behind a pipe with spaces around
// and one with an option stands before it, as people show such a line.
func piped(b []byte, i int) bool {
	k := i - 1
	for k > 0 && (b[k] == ' ' || b[k] == '|') {
		k--
	}
	if k < 1 || i-k < 4 || !bytes.Contains(b[k:i], []byte(" | ")) {
		return false
	}
	n := bytes.LastIndex(b[max(0, k-nearby):k], []byte(" -"))
	return n > 0 && wordy(b[max(0, k-nearby)+n-1])
}
