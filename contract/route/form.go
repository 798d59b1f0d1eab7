package route

// Form is a rule that the form of a path breaks. Rules about encoded
// characters hold for the once decoded path.
type Form uint8

const (
	Unread        Form = iota // no path was read
	NotAbsolute               // does not begin with "/": empty, "*", an authority, a URI
	TooLong                   // longer than 8 KiB
	TooDeep                   // more than 256 segments
	EmptySegment              // "//", or a value that begins or ends with a slash
	DotSegment                // "." or "..", also encoded or before ";"
	EncodedSlash              // "%2F" without opt-in
	Backslash                 // a raw one, or "%5C" without opt-in
	Control                   // a control character, NUL or DEL, raw or encoded
	BadEscape                 // "%" without two hexadecimal digits
	DoubleEncoded             // "%" and two hexadecimal digits are left after decoding
	BadUTF8                   // decodes to bytes that are not UTF-8
	Overlong                  // decodes to UTF-8 that is longer than needed
	NonASCII                  // a raw byte above 0x7F
	BadCharacter              // a raw character that no path may hold
	Semicolon                 // a raw ";" without opt-in
	Fragment                  // a raw "#"
	forms
)

// formWords are the name of each form and what a client is told.
var formWords = [forms]struct{ name, words string }{
	Unread:        {"unread", "the path was not read"},
	NotAbsolute:   {"not-absolute", "the path must begin with a slash"},
	TooLong:       {"too-long", "the path is longer than 8 KiB"},
	TooDeep:       {"too-deep", "the path has more than 256 segments"},
	EmptySegment:  {"empty-segment", "the path must not hold an empty segment"},
	DotSegment:    {"dot-segment", "the path must not hold the segments \".\" and \"..\", encoded or not"},
	EncodedSlash:  {"encoded-slash", "the path must not hold an encoded slash in this place"},
	Backslash:     {"backslash", "the path must not hold a backslash, encoded or not"},
	Control:       {"control-character", "the path must not hold control characters, encoded or not"},
	BadEscape:     {"bad-escape", "each percent sign of the path must be followed by two hexadecimal digits"},
	DoubleEncoded: {"double-encoded", "the path must not be percent-encoded twice"},
	BadUTF8:       {"bad-utf8", "the path must decode to UTF-8"},
	Overlong:      {"overlong-utf8", "the path must decode to UTF-8 in its shortest form"},
	NonASCII:      {"non-ascii", "characters beyond ASCII must be percent-encoded in a path"},
	BadCharacter:  {"bad-character", "the path holds a character that must be percent-encoded"},
	Semicolon:     {"semicolon", "the path must not hold a semicolon in this place"},
	Fragment:      {"fragment", "the path must not hold a fragment"},
}

// String returns the stable name of f, such as "dot-segment".
func (f Form) String() string { return formWords[f].name }

// Words returns one sentence for the client, without a full stop and without
// anything of the path.
func (f Form) Words() string { return formWords[f].words }

// class is what a raw byte means in a path: plain, one that the reader treats
// itself (classSlash and so on), or the Form that it breaks.
type class uint8

const (
	classPlain class = 0
	classSlash class = iota + class(forms)
	classPercent
	classSemicolon
)

// classes follows the grammar of pchar (RFC 3986 section 3.3).
var classes = func() (t [256]class) {
	for i := range t {
		switch {
		case i < 0x20 || i == 0x7F:
			t[i] = class(Control)
		case i > 0x7F:
			t[i] = class(NonASCII)
		default:
			t[i] = class(BadCharacter)
		}
	}
	const pchar = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@"
	for i := range len(pchar) {
		t[pchar[i]] = classPlain
	}
	t['/'], t['%'], t[';'] = classSlash, classPercent, classSemicolon
	t['\\'], t['#'] = class(Backslash), class(Fragment)
	return t
}()

// hexDigits holds the value of each hexadecimal digit plus one, else zero.
var hexDigits = func() (t [256]uint8) {
	const lower, upper = "0123456789abcdef", "0123456789ABCDEF"
	for i := range uint8(16) {
		t[lower[i]], t[upper[i]] = i+1, i+1
	}
	return t
}()
