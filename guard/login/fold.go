package login

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns the one spelling of the name of an account. APIs take others for
// the same, and each of them would have its own guesses: letters of another case
// or width, with their marks beside them or within, ligatures, signs that are not
// seen, space around the name. It is what UsernameCaseMapped asks for (RFC 8265
// section 3.3: width, case, composition), by the wider mappings NFKC and full
// case folding (Unicode Standard, section 3.13, D147): two accounts that share a
// spelling share an allowance, which harms neither.
func (s *scratch) fold(name []byte) []byte {
	out := s.folded[:0]
	for _, c := range name {
		if c >= utf8.RuneSelf {
			return s.foldWide(name)
		}
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	s.folded = out
	return bytes.TrimSpace(out)
}

// Spelling returns the one spelling of the name of an account.
func Spelling(name string) string {
	s := open()
	defer s.close()
	return string(s.fold([]byte(name)))
}

// most is how often a name is folded until nothing changes. Twice is enough for
// all that the standard knows.
const most = 4

// foldWide folds a name that has more than ASCII.
func (s *scratch) foldWide(name []byte) []byte {
	out := norm.NFKC.Append(s.folded[:0], bytes.ToValidUTF8(name, replacement)...)
	for range most {
		next := norm.NFKC.Bytes(cases.Fold().Bytes(visible(out)))
		if bytes.Equal(next, out) {
			break
		}
		out = append(out[:0], next...)
	}
	s.folded = out
	return bytes.TrimSpace(out)
}

var replacement = []byte("\ufffd")

// visible returns a copy of name without format characters.
func visible(name []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
}
