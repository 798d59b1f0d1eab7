package policy

import (
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// token is a word, a string or a sign of a text in Cedar, enough to find the
// place of what is wrong.
type token struct {
	text   string // of a string its value
	quoted bool
	at     int // byte offset
}

// tokens splits a text as Cedar does, as far as it can be read.
func tokens(text string) (list []token) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "//"):
			if end := strings.IndexByte(text[i:], '\n'); end >= 0 {
				i += end
			} else {
				i = len(text)
			}
		case c == '"':
			end := closing(text, i)
			value, err := strconv.Unquote(text[i:end])
			if err != nil {
				value = strings.Trim(text[i:end], `"`)
			}
			list = append(list, token{value, true, i})
			i = end
		case wordly(c):
			end := i
			for end < len(text) && wordly(text[end]) {
				end++
			}
			list = append(list, token{text: text[i:end], at: i})
			i = end
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		default:
			list = append(list, token{text: text[i : i+1], at: i})
			i++
		}
	}
	return list
}

func wordly(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// closing is where the string that begins at i ends.
func closing(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(text)
}

// File is the text of one file of rules.
type File struct {
	Name string // as problems call it
	Text []byte
}

// position is where an offset of a file is.
func (f *File) position(offset int) source.Position {
	before := string(f.Text[:min(offset, len(f.Text))])
	line := strings.Count(before, "\n")
	return source.Position{File: f.Name, Line: line + 1, Column: len(before) - strings.LastIndexByte(before, '\n')}
}

func (f *File) problem(offset int, hint, text string) source.Problem {
	return source.Problem{Position: f.position(offset), Text: text, Hint: hint}
}
