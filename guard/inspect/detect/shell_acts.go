package detect

import "bytes"

// What a whole line does, where it stands alone in a text: there a command may
// be shown, unless it hands somebody a shell or runs a text that it carries.

// interpreters run a text that is fed to them.
var interpreters = vocabulary(1, "sh bash zsh ksh dash csh tcsh ash python python2 python3 perl ruby php node powershell pwsh cmd iex", nil)

// feedsShell says whether the command is an interpreter of what a pipe brings.
func feedsShell(b []byte, c *command, what argKind) bool {
	if interpreters.get(c.name.word()) == 0 {
		return false
	}
	k := c.end
	return what == nothing || skip(b, k) < len(b) && b[skip(b, k)] == '-'
}

// opensShell says whether a shell is tied to a connection: -e /bin/sh,
// /bin/sh -i, /dev/tcp.
func opensShell(aim []byte) bool {
	n := bytes.Index(aim, []byte("/bin/"))
	if n < 0 {
		return holds(aim, "/dev/tcp/") || holds(aim, "/inet/tcp/")
	}
	var w spelling
	end := w.spell(aim, n+5)
	if interpreters.get(w.word()) == 0 {
		return false
	}
	return n > 2 && (holds(aim[max(0, n-8):n], "-e ") || holds(aim[max(0, n-8):n], "-c ")) || starts(aim, end, " -i")
}

// readsFile says whether a file is named at i, up to the parenthesis that ends
// the substitution.
func readsFile(b []byte, i int) bool {
	i = skip(b, i)
	for from := i; i < len(b) && i < from+nearby && !is(b[i], blank); i++ {
		if b[i] == ')' {
			return i > from+1
		}
	}
	return false
}

// addsAccount says whether the command gives somebody an account of Windows.
func addsAccount(c *command, aim []byte) bool {
	return (string(c.name.word()) == "net" || string(c.name.word()) == "net1") && holds(aim, "/add")
}

// runsText says whether an interpreter is given a text to run as an option:
// perl -e '...'.
func runsText(b []byte, c *command) bool {
	if interpreters.get(c.name.word()) == 0 {
		return false
	}
	for k := c.end; k < len(b) && k < c.end+nearby; k++ {
		if b[k] != '-' || !is(peek(b, k-1), blank) {
			continue
		}
		var w spelling
		e := w.spell(b, k+1)
		switch string(w.word()) {
		case "e", "c", "r", "enc", "encodedcommand":
			return is(peek(b, e), blank) && skip(b, e) < len(b)
		}
	}
	return false
}

// aimsAtSystem says whether b names a file that only an attack reads, or a
// connection.
func aimsAtSystem(b []byte) bool {
	return holds(b, "/etc/passwd") || holds(b, "/etc/shadow") || holds(b, "/dev/tcp") || holds(b, "win.ini") || holds(b, "boot.ini") || hiddenPath(b)
}

// endsSentence says whether the command is the last word of a sentence, and
// " & " joins it: for this and that.
func (c *command) endsSentence(b []byte) bool {
	return !c.hidden && c.end == len(b) && c.end > c.name.n && prose(b) >= 5 && bytes.HasSuffix(b[:c.end-c.name.n], []byte(" & "))
}

// coupled says whether the value is two words with " & " or " && " between
// them, as people couple words: a program without an operand that only shows
// what it is told does nothing there.
func coupled(b []byte) bool {
	i := 0
	for i < len(b) && is(b[i], letter|high) {
		i++
	}
	if i < 3 || peek(b, i) != ' ' || peek(b, i+1) != '&' {
		return false
	}
	if i += 2; peek(b, i) == '&' {
		i++
	}
	if peek(b, i) != ' ' {
		return false
	}
	for i++; i < len(b) && is(b[i], letter|high); i++ {
	}
	return i == len(b) && len(b) > 8
}
