package inspect

import (
	"strings"
	"unicode"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// Words are what a field can be for, as gatehouse.yaml and contracts write it.
var Words = [...]string{detect.Unknown: "unknown", detect.FreeText: "free-text", detect.Name: "name", detect.Identifier: "identifier",
	detect.URL: "url", detect.Filename: "filename", detect.Email: "email", detect.Search: "search", detect.Markup: "markup"}

// Skip is the word for a field that is not inspected.
const Skip = "skip"

// fieldOf returns the field that a word means.
func fieldOf(word string) (detect.Field, bool) {
	for f, w := range Words {
		if w == word {
			return detect.Field(f), true
		}
	}
	return 0, false
}

// byFormat are the formats that say what a text is for. Those that exclude
// attacks are in harmlessFormats.
var byFormat = map[string]detect.Field{
	"uri": detect.URL, "uri-reference": detect.URL, "iri": detect.URL, "iri-reference": detect.URL, "uri-template": detect.URL, "url": detect.URL,
	"email": detect.Email, "idn-email": detect.Email,
	"password": detect.FreeText, "regex": detect.FreeText,
	"html": detect.Markup, "markdown": detect.Markup,
}

// byWord are the last words of names, as developers choose them. A field that
// none of them names is unknown, which is judged more strictly than text.
var byWord = func() map[string]detect.Field {
	m := make(map[string]detect.Field)
	for field, words := range map[detect.Field]string{
		detect.FreeText: "comment comments description text message msg body content contents note notes bio about review reviews summary title subject caption abstract " +
			"answer question feedback reason remark remarks details story post reply instructions memo excerpt headline prompt statement explanation " +
			"password passwd passphrase secret pin",
		detect.Search: "q query search keyword keywords term terms",
		detect.Name:   "name names firstname lastname surname fullname nickname username displayname author company organization organisation city town street address country region line1 line2 brand",
		detect.Identifier: "id ids uid uuid guid key code sku slug ref reference number login handle token hash digest status type kind sort order cursor locale lang language " +
			"currency version tag etag nonce checksum",
		detect.URL:      "url uri urls uris link links href website homepage callback redirect webhook avatar src endpoint next return returnto continue",
		detect.Filename: "file filename filepath path dir directory folder",
		detect.Email:    "email mail",
		detect.Markup:   "html markdown richtext",
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = field
		}
	}
	return m
}()

// byName tells by a name what a field is for: by the whole of it, else by its
// last word.
func byName(name string) (detect.Field, bool) {
	words := split(name)
	if len(words) == 0 {
		return detect.Unknown, false
	}
	if f, ok := byWord[strings.Join(words, "")]; ok {
		return f, true
	}
	f, ok := byWord[words[len(words)-1]]
	return f, ok
}

// split returns the words of a name in small letters: "returnURL", "return_url"
// and "Return-Url" have the same.
func split(name string) (words []string) {
	runes := []rune(name)
	start := 0
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush(i)
			start = i
		}
	}
	flush(len(runes))
	return words
}
