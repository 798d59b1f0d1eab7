package jwt

import (
	"slices"
	"strings"
	"sync/atomic"

	"hash/maphash"
)

// words lets the tokens of one issuer share what most of them say: their
// audience, scopes and clients. It is a small table in which the last one of a
// place stands.
type words struct {
	texts [256]atomic.Pointer[string]
	lists [256]atomic.Pointer[[]string]
}

var wordSeed = maphash.MakeSeed()

// one returns a text that is equal.
func (w *words) one(text string) string {
	if text == "" {
		return ""
	}
	place := &w.texts[maphash.String(wordSeed, text)%uint64(len(w.texts))]
	if known := place.Load(); known != nil && *known == text {
		return *known
	}
	text = strings.Clone(text)
	place.Store(&text)
	return text
}

// list returns a list that is equal and is not written to.
func (w *words) list(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	var h maphash.Hash
	h.SetSeed(wordSeed)
	for _, text := range list {
		h.WriteString(text)
		h.WriteByte(0)
	}
	place := &w.lists[h.Sum64()%uint64(len(w.lists))]
	if known := place.Load(); known != nil && slices.Equal(*known, list) {
		return *known
	}
	for i := range list {
		list[i] = w.one(list[i])
	}
	place.Store(&list)
	return list
}
