package detect

import "bytes"

// Paths that leave their directory or name what belongs to the system. A path
// is read as units: dots, separators, and what decoders and filters make of
// them, so that what a server may collapse counts as what it becomes.

var traversalWhen = []trigger{
	{any: cDot, and: cSlash | cBack | cNUL | cHigh | cBrace | cLetter},
	{any: cColon, and: cSlash | cBack | cDot},
	{any: cSlash | cBack, and: cLetter},
	{any: cNUL},
}

// What a part of a path means.
const (
	systemDir  = 1 << iota // a directory of the system, with something below it
	secret                 // a file or directory that no client has to ask for
	secretHead             // the same, also when a name is glued to it
)

var parts = func() *words {
	t := vocabulary(systemDir, "etc proc sys root winnt windows inetpub system32 var boot", nil)
	vocabulary(secret, `passwd shadow gshadow sudoers fstab boot.ini win.ini system.ini php.ini my.cnf my.ini httpd.conf apache2.conf nginx.conf
		.ssh id_rsa id_dsa id_ed25519 authorized_keys known_hosts .git .svn .hg .bzr .env .htaccess .htpasswd .aws .docker .kube .npmrc .netrc .pgpass .bash_history
		.mysql_history .bashrc .profile .history .zsh_history .ds_store wp-config.php web.config applicationhost.config global.asa global.asax
		ntuser.dat ntds.dit environ cmdline syslog auth.log access_log error_log system32 inetpub issue crontab motd master.passwd
		localsettings.php configuration.php settings.py database.yml secrets.yml credentials.xml server.xml tomcat-users.xml .wgetrc`, t)
	return vocabulary(secret|secretHead, "web-inf meta-inf web.xml", t)
}()

// way is what was read of a path.
type way struct {
	up, odd, self, glued int // steps to the parent, in other spellings, to itself, dots without separator
	coded                bool
	system               bool // names a file of the system
	depth                int  // parts since the root or the last step
	dotted               bool // the part has a dot or began with a separator
}

// traversal finds paths that lead away.
func traversal(v *view) {
	b := v.text
	if v.wide() && v.chars&(cSlash|cBack|cNUL) == 0 {
		return
	}
	if v.chars&(cSlash|cBack|cNUL|cHigh|cColon|cBrace) == 0 {
		if len(b) > 64 && !bytes.Contains(b, []byte("....")) {
			return
		}
	}
	w := follow(b)
	w.coded = w.coded || v.layer > 0 && (bytes.IndexByte(v.raw, '%') >= 0 || bytes.IndexByte(v.raw, '&') >= 0 || bytes.IndexByte(v.raw, '\\') >= 0 || v.chars&cHigh != 0)
	alone := skipWord(b) == len(b)
	v.steps(b, &w, alone)
	v.absolute(b, &w, alone)
	v.wrapper(b, alone)
	if v.chars&cNUL != 0 {
		v.nul(b, &w)
	}
	if !v.wide() && len(b) > 6 && b[0] == '/' && starts(b, len(b)-6, "{file}") {
		v.found(Traversal, odd, LeavesPath) // a path of a list whose name was not filled in
	}
}

// skipWord is the end of the first word.
func skipWord(b []byte) int {
	i := skip(b, 0)
	for i < len(b) && !is(b[i], blank) {
		i++
	}
	return skip(b, i)
}

// unit is the length of a dot or separator at i in one of its spellings, and
// which it is.
func unit(b []byte, i int) (c byte, n int, coded bool) {
	switch b[i] {
	case '.', '/':
		return b[i], 1, false
	case '\\':
		return '/', 1, false
	case '0':
		if i+3 < len(b) && small(b[i+1]) == 'x' {
			c, n, coded = unit(b, i+1)
			return c, n + 1, coded
		}
	case 'x', 'X':
		switch {
		case starts(b, i, "x2e"):
			return '.', 3, true
		case starts(b, i, "x2f"), starts(b, i, "x5c"):
			return '/', 3, true
		}
	case 0xc0, 0xc1, 0xe0, 0xf0, 0xf8, 0xfc, 0x80:
		if i+1 < len(b) && (b[i+1] == '.' || b[i+1] == '/' || b[i+1] == '\\' || b[i+1] == 0x80) {
			k := i + 1
			for k < len(b) && k < i+5 && b[k] == 0x80 {
				k++
			}
			if k < len(b) && (b[k] == '.' || b[k] == '/' || b[k] == '\\') {
				c, n, _ = unit(b, k)
				return c, n + k - i, true // a broken form of too many bytes
			}
		}
	}
	return 0, 0, false
}

// follow reads all paths of b.
func follow(b []byte) (w way) {
	var name spelling
	separated := true // at the begin of a part
	above := uint8(0) // what the part before means
	for i := 0; i < len(b); {
		c, n, coded := unit(b, i)
		switch {
		case c == '.' && (name.n == 0 || coded):
			from, dots := i, 0
			for i < len(b) {
				d, n, e := unit(b, i)
				if d != '.' {
					break
				}
				coded = coded || e
				i, dots = i+n, dots+1
			}
			w.dotted = true
			w.dots(b, from, i, dots, separated, coded)
			if dots > 1 {
				w.depth = 0
			}
			for range min(dots, 2) {
				name.add('.') // of a hidden file
			}
			separated = false
			continue
		case c == '/':
			above = w.part(&name, above, true)
			w.coded = w.coded || coded && (w.up > 0 || w.odd > 0)
			separated, w.dotted = true, true
			i += n
			continue
		case wordy(b[i]) || b[i] == '-' || b[i] == '.' || b[i] == '~':
			name.add(b[i])
			separated = false
			w.dotted = w.dotted || b[i] == '.' || b[i] == '-'
		default:
			if above != 0 || w.depth > 0 || w.dotted {
				w.part(&name, above, false)
			}
			name.n, separated, above, w.depth, w.dotted = 0, true, 0, 0, false
		}
		i++
	}
	w.part(&name, above, false)
	return w
}

// part notes what the part that ends here means, given the one above it.
func (w *way) part(name *spelling, above uint8, more bool) uint8 {
	text := name.word()
	for len(text) > 1 && text[0] == '.' && text[1] == '.' {
		text = text[2:] // dots that were glued to it
	}
	kind := parts.get(text)
	if kind == 0 && len(text) > 7 && (parts.get(text[:7])&secretHead != 0) {
		kind = secret
	}
	w.system = w.system || kind&secret != 0 && (above&systemDir != 0 || kind&systemDir == 0 && len(text) > 3) || above&systemDir != 0 && len(text) > 1
	name.n = 0
	if w.depth > 0 {
		kind &^= systemDir // etc is one at the root only
	}
	if len(text) > 1 {
		w.depth++
	}
	return kind
}

// dots judges a run of dots from i to j.
func (w *way) dots(b []byte, i, j, dots int, separated, coded bool) {
	next := j
	if peek(b, next) == ';' {
		for next++; next < len(b) && next < j+longest && (wordy(b[next]) || b[next] == '='); next++ {
		}
	}
	for next < len(b) && next < j+3 && (b[next] == 0 || b[next] == ' ' && dots > 1) {
		next++
	}
	slash := false
	if next < len(b) {
		c, _, e := unit(b, next)
		slash = c == '/'
		coded = coded || e && slash
	}
	switch {
	case dots == 2 && slash && (separated || coded):
		w.up++
		if next > j {
			w.odd++
		}
	case dots == 2 && j == len(b) && separated && i > 0:
		w.up++
	case dots > 2 && slash && separated:
		w.odd++
	case dots == 1 && slash && separated && i > 0 && !coded:
		w.self++
	case dots >= 2 && separated && j < len(b) && (is(b[j], letter) || b[j] == '{'):
		if w.glued = max(w.glued, dots); coded {
			w.odd++
		}
		return
	default:
		return
	}
	w.coded = w.coded || coded
}

// steps judges steps to the parent.
func (v *view) steps(b []byte, w *way, alone bool) {
	strange := w.odd > 0 || w.coded
	score := uint8(0)
	switch {
	case w.up+w.odd > 0 && w.system:
		score = runs - 5
	case w.up > 0 && strange, w.up > 1, w.odd > 1:
		score = grave
	case w.odd > 0:
		score = odd + 5
	case w.up > 0:
		score = odd
	case w.self > 2, w.self > 0 && b[0] == '/' && peek(b, 1) == '.':
		score = odd - 8
	case w.glued > 5 && alone && b[0] == '.', w.glued > 1 && alone && b[0] == '/' && b[len(b)-1] == '}':
		score = odd
	case w.glued > 1 && alone && w.system:
		score = odd
	default:
		return
	}
	if v.wide() {
		switch {
		case strange && w.up+w.odd > 1 && (alone || w.coded), w.up+w.odd > 2 && w.system, alone && w.system, alone && w.up > 1 && peek(b, 0) != '#':
		case alone && w.self > 2 && w.system:
			score = grave
		default:
			score = min(score, odd)
		}
	} else if v.field == Search && !alone && !strange && (w.up == 1 || !w.system) {
		score = min(score, odd-6)
	} else if v.field == URL && w.up == 1 && !strange && !w.system {
		score = faint
	}
	v.found(Traversal, score, LeavesPath)
}

// absolute judges paths of the system without a step.
func (v *view) absolute(b []byte, w *way, alone bool) {
	i := 0
	for i < len(b) && (b[i] == '"' || b[i] == '\'' || b[i] == '=' || b[i] == '>' || is(b[i], blank)) {
		i++
	}
	rooted := peek(b, i) == '/' || peek(b, i) == '\\' || peek(b, i) == '~'
	drive := is(peek(b, i), letter) && peek(b, i+1) == ':' && (is(peek(b, i+2), letter) || peek(b, i+2) == '/' || peek(b, i+2) == '\\')
	switch {
	case drive && !w.system && peek(b, i+2) != '/' && peek(b, i+2) != '\\':
		if rest := b[i+2:]; alone && (starts(rest, 0, "windows") || starts(rest, 0, "winnt") || starts(rest, 0, "inetpub") || starts(rest, 0, "boot")) {
			v.found(Traversal, odd, SystemPath) // the separators were lost on the way
		}
		return
	case peek(b, i) == '\\' && peek(b, i+1) == '\\' && is(peek(b, i+2), letter|digit) && alone:
		host := b[i+2:]
		if n := bytes.IndexByte(host, '\\'); n > 0 {
			host = host[:n]
		}
		if bytes.IndexByte(host, '.') < 0 && bytes.IndexByte(host, '@') < 0 && !w.system {
			v.found(Traversal, odd-20, SystemPath) // a share in the house: a name without a domain is none of elsewhere
		} else if v.wide() {
			v.found(Traversal, odd, SystemPath)
		} else {
			v.found(Traversal, odd+5, SystemPath) // a share of another host
		}
	case !w.system || v.field == URL && seek(b, 0, "://") > 0:
		if drive && alone && v.field == Filename || rooted && v.field == Filename && len(b) > 1 {
			if ofPeople(b[i:]) {
				v.found(Traversal, odd-20, SystemPath) // old browsers send where a file was
			} else {
				v.found(Traversal, odd, SystemPath)
			}
		}
	case v.wide() && alone && (rooted || drive):
		v.found(Traversal, odd+12, SystemPath)
	case v.wide() || v.field == Search && !alone:
		v.found(Traversal, faint, SystemPath)
	case rooted || drive:
		v.found(Traversal, odd+15, SystemPath)
	case alone && b[0] != 'h':
		v.found(Traversal, odd-8, SystemPath)
	default:
		v.found(Traversal, faint, SystemPath)
	}
}

// ofPeople says whether a path leads to what a person keeps: below a home or
// what was installed, on another drive than the first, and nothing of it hidden.
func ofPeople(b []byte) bool {
	for i := 1; i < len(b); i++ {
		if b[i] == '.' && (b[i-1] == '/' || b[i-1] == '\\') {
			return false
		}
	}
	return starts(b, 0, "/usr/local/") || starts(b, 0, "/home/") || starts(b, 0, "/users/") || starts(b, 0, "~/") || starts(b, 1, ":\\users\\") || len(b) > 2 && b[1] == ':' && small(b[0]) > 'c' && small(b[0]) <= 'z'
}

// streams are schemes that read what is near the server, or run it.
var streams = func() *words {
	t := vocabulary(secret, "php expect phar zip zlib compress rar ogg ssh2 jar netdoc glob input filter bzip2", nil)
	return vocabulary(systemDir, "file gopher dict tftp ldap ldaps local_file netfile data", t)
}()

// wrapper judges schemes of streams and files.
func (v *view) wrapper(b []byte, alone bool) {
	for i := 1; i+1 < len(b); i++ {
		n := bytes.IndexByte(b[i:len(b)-1], ':')
		if n < 0 {
			return
		}
		if i += n; b[i+1] != '/' && b[i+1] != '\\' && !is(b[i+1], letter) {
			continue
		}
		from := i
		for from > 0 && i-from < longest && wordy(b[from-1]) {
			from--
		}
		var name spelling
		name.spell(b[:i], from)
		kind := streams.get(name.word())
		if starts(b, from-5, "ssh2.") {
			kind, from = secret, from-5
		}
		slashes := b[i+1] == '/' || b[i+1] == '\\'
		jar := string(name.word()) == "jar" || string(name.word()) == "netdoc"
		if kind == 0 || !slashes && !(jar && from == 0 && alone) || kind == systemDir && peek(b, i+2) != '/' && !starts(b, from, "file") {
			continue
		}
		score := uint8(odd)
		if kind&secret != 0 {
			score = odd + 12
		}
		if !v.wide() || alone && from == 0 {
			score += 10
		} else {
			score = min(score, odd)
		}
		v.found(Traversal, score, StreamAddress)
		return
	}
}

// nul judges a zero byte: it ends a name for the system but not for the
// program that checked it.
func (v *view) nul(b []byte, w *way) {
	i := bytes.IndexByte(b, 0)
	if i < 0 || v.wide() && len(b) > 100 {
		return
	}
	if dot := bytes.IndexByte(b[i:], '.'); dot >= 0 && dot < 8 || w.system || i == len(b)-1 && bytes.IndexByte(b[:i], '.') > 0 {
		v.found(Traversal, grave, EndsName)
		return
	}
	v.found(Traversal, odd, EndsName)
}
