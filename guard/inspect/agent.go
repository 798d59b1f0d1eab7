package inspect

// Two shapes of fields that every browser sends are known to be harmless, and
// need not be read by grammars: they are made of words from a list, or of
// ranges and weights alone.

// agentWords are the words of the fields User-Agent of browsers. None of them
// means anything to a grammar. Those that are true name products, which have a
// version behind a slash.
var agentWords = func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range [...]string{"Linux", "Ubuntu", "Android", "Windows", "Win64", "Macintosh", "KHTML", "Intel", "Mac", "OS", "X", "X11", "iPhone", "iPad", "CPU", "NT", "WOW64", "K", "x64", "x86_64", "aarch64", "rv"} {
		m[w] = false
	}
	for _, w := range [...]string{"Mozilla", "AppleWebKit", "Gecko", "Chrome", "HeadlessChrome", "Safari", "Firefox", "Edg", "EdgA", "OPR", "Version", "Mobile", "CriOS", "FxiOS", "SamsungBrowser"} {
		m[w] = true
	}
	return m
}()

// agent reports whether value is a field User-Agent of such words, of versions
// behind a slash, a colon or a space, and of comments in parentheses (RFC 9110
// section 10.1.5). The one free word is the "like" of "like Gecko".
func agent(value []byte) bool {
	open := false
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			begin := i
			for i++; i < len(value) && (wordBytes[value[i]]); i++ {
			}
			product, known := agentWords[string(value[begin:i])]
			if !known && !(string(value[begin:i]) == "like" && goesOn(value[i:])) || !product && i < len(value) && value[i] == '/' {
				return false
			}
		case c >= '0' && c <= '9': // a version: digits with a dot or a line between
			if i == 0 || value[i-1] != '/' && value[i-1] != ' ' && value[i-1] != ':' {
				return false
			}
			for i++; i < len(value) && (value[i] >= '0' && value[i] <= '9' || (value[i] == '.' || value[i] == '_') && value[i-1] != value[i] && value[i-1] != '/'); i++ {
			}
			if i < len(value) && value[i] != ' ' && value[i] != ';' && value[i] != ')' {
				return false
			}
		case c == '(':
			if open || i == 0 || value[i-1] != ' ' {
				return false
			}
			open = true
			i++
		case c == ')':
			if !open || i+1 < len(value) && value[i+1] != ' ' {
				return false
			}
			open = false
			i++
		case c == ';', c == ',':
			if !open || i+1 == len(value) || value[i+1] != ' ' {
				return false
			}
			i++
		case c == '/', c == ':', c == ' ':
			if i == 0 || !wordBytes[value[i-1]] && (c != ' ' || value[i-1] == '/' || value[i-1] == ':' || value[i-1] == ' ' || value[i-1] == '(') {
				return false
			}
			if c != ' ' && (i+1 == len(value) || value[i+1] < '0' || value[i+1] > '9') {
				return false
			}
			i++
		default:
			return false
		}
	}
	return !open
}

// goesOn says whether the words stand in s with which "like" is no operator.
func goesOn(s []byte) bool {
	return len(s) >= 6 && string(s[:6]) == " Gecko" || len(s) >= 9 && string(s[:9]) == " Mac OS X"
}

// wordBytes are the bytes of a word.
var wordBytes = func() (t [256]bool) {
	for c := range 128 {
		t[c] = plainBytes[c] == 1 && c != '=' && c != '@' && c != '~'
	}
	return t
}()

// rangeNames are media types and codings that clients ask
// for.
var rangeNames = func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range [...]string{"*/*", "application/json", "application/xml", "application/xhtml+xml", "application/problem+json", "text/html", "text/plain", "text/css", "text/xml", "text/event-stream",
		"image/avif", "image/webp", "image/apng", "image/png", "image/svg+xml", "gzip", "deflate", "br", "zstd", "identity", "utf-8"} {
		m[w] = true
	}
	return m
}()

// ranges reports whether value is a list of known media types, languages and
// codings, with weights at most (RFC 9110 section 12.5).
func ranges(value []byte) bool {
	for i := 0; ; {
		begin := i
		for i < len(value) && value[i] != ',' && value[i] != ';' {
			i++
		}
		if name := value[begin:i]; !isLanguage(name) && !rangeNames[string(name)] {
			return false
		}
		if i+3 < len(value) && string(value[i:i+3]) == ";q=" {
			if i += 3; value[i] != '0' && value[i] != '1' {
				return false
			}
			if i++; i+1 < len(value) && value[i] == '.' {
				for i++; i < len(value) && value[i] >= '0' && value[i] <= '9'; i++ {
				}
			}
		}
		if i == len(value) {
			return true
		}
		if value[i] != ',' {
			return false
		}
		if i++; i < len(value) && value[i] == ' ' {
			i++
		}
	}
}

// isLanguage reports whether s is a language of two letters, with a country at
// most (RFC 5646): en, en-GB.
func isLanguage(s []byte) bool {
	if len(s) == 5 && s[2] == '-' && isLetter(s[3]) && isLetter(s[4]) {
		s = s[:2]
	}
	return len(s) == 2 && isLetter(s[0]) && isLetter(s[1])
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
