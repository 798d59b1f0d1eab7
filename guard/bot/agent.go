package bot

import "bytes"

// family is whose engine a browser has.
type family uint8

// The families. Browsers that are none of them, programs that say what they are
// and texts that cannot be read claim nothing.
const (
	nobody family = iota
	chromium
	firefox
	safari
)

// agent is what a User-Agent claims.
type agent struct {
	family   family
	headless bool
	version  int    // the first number
	system   []byte // what stands in the first brackets
}

// From these versions on a browser is held to what it says of itself beyond the
// oldest fields: it sends Fetch Metadata (Chromium since 76, Firefox since 90,
// Safari since 16.4), and Chromium client hints (since 89).
var modern = [...]int{chromium: 90, firefox: 100, safari: 17}

// companions are words that browsers of these families write beside the one that
// names their engine. One with any other word is more than a browser: it says
// so, and claims to be none.
var companions = [...]string{"Mozilla", "AppleWebKit", "Gecko", "Safari", "Mobile", "Edg", "EdgA", "OPR", "Vivaldi", "SamsungBrowser", "YaBrowser", "Yowser"}

// claim reads the value of User-Agent (RFC 9110 section 10.1.5): products with
// versions, and comments in brackets.
func claim(text []byte) (a agent) {
	if !bytes.HasPrefix(text, []byte("Mozilla/5.0 (")) {
		return agent{}
	}
	webkit, safarilike := false, false
	for rest := text; len(rest) > 0; {
		if rest[0] == ' ' {
			rest = rest[1:]
			continue
		}
		if rest[0] == '(' {
			end := bytes.IndexByte(rest, ')')
			if end < 0 {
				return agent{}
			}
			if a.system == nil {
				a.system = rest[1:end]
			}
			rest = rest[end+1:]
			continue
		}
		word := rest
		if end := bytes.IndexByte(rest, ' '); end >= 0 {
			word = rest[:end]
		}
		rest = rest[len(word):]
		name, number, _ := bytes.Cut(word, []byte{'/'})
		switch string(name) {
		case "Chrome":
			a.family, a.version = chromium, first(number)
		case "HeadlessChrome":
			a.family, a.version, a.headless = chromium, first(number), true
		case "Firefox":
			a.family, a.version = firefox, first(number)
		case "Version":
			safarilike, a.version = true, first(number)
		default:
			if !known(name) {
				return agent{}
			}
			webkit = webkit || string(name) == "AppleWebKit"
		}
	}
	switch {
	case bytes.Contains(a.system, []byte("compatible")), bytes.Contains(a.system, []byte("; wv")): // crawlers that say so; a view of an app
		return agent{}
	case safarilike && a.family != nobody: // old views of apps
		return agent{}
	case safarilike && webkit && bytes.Contains(a.system, []byte("Mac OS X")):
		a.family = safari
	}
	return a
}

func known(name []byte) bool {
	for _, word := range companions {
		if string(name) == word {
			return true
		}
	}
	return false
}

// first is the number with which a version begins; 0 for none.
func first(text []byte) (n int) {
	for _, c := range text {
		if c < '0' || c > '9' || n > 1e6 {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}
