package keys

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Act is something that was done to keys that are kept. It is sealed with them, in
// the one step that does it: there is none without the other. It names keys and
// versions, and has nothing of the keys themselves.
type Act struct {
	Number int64     `json:"number"`       // counts the acts of a set of keys, from 1
	At     time.Time `json:"at"`           // by the clock of who did it, in milliseconds
	By     string    `json:"by,omitempty"` // who is named by By; "" for the gate itself
	Did    Deed      `json:"did"`
	On     string    `json:"on"` // keys and their versions, as "pepper 2, data 4f1c09ab"; of Rewrapped what seals them since
}

// Deed is what was done. Newer programs may have done what this one does not know.
type Deed string

// What may be done to keys.
const (
	Made      Deed = "made" // those that were missing: all at the first start
	Rotated   Deed = "rotated"
	Destroyed Deed = "destroyed" // for ever, by somebody or by rotations that leave no room
	Rewrapped Deed = "rewrapped" // all, sealed anew
)

// Bounds of acts that are kept: the oldest go first.
const (
	maxActs    = 256
	maxActText = 512 // bytes of a text: all of them together leave room for the keys
)

type authorKey struct{}

// By returns a context in which what is done to keys is written down as done by
// author.
func By(ctx context.Context, author string) context.Context {
	return context.WithValue(ctx, authorKey{}, author)
}

// Acts are the last 256 things that were done to keys that are kept, the first
// first; none for keys in memory. The list is the caller's.
func (k *Keys) Acts() []Act { return slices.Clone(k.now.Load().body.Acts) }

// note writes down what makes the difference to versions of before.
func (b *body) note(ctx context.Context, had []string) {
	has := b.versions()
	var made, rotated []string
	for _, v := range without(has, had) {
		name, _, _ := strings.Cut(v, " ")
		if slices.ContainsFunc(had, func(old string) bool { return strings.HasPrefix(old, name+" ") }) {
			rotated = append(rotated, v)
		} else {
			made = append(made, v)
		}
	}
	b.did(ctx, Made, made...)
	b.did(ctx, Rotated, rotated...)
	b.did(ctx, Destroyed, without(had, has)...)
}

// did writes down one act, unless it is on nothing.
func (b *body) did(ctx context.Context, what Deed, on ...string) {
	if len(on) == 0 {
		return
	}
	a := Act{Number: 1, At: time.Now().UTC().Truncate(time.Millisecond), Did: what, On: clip(strings.Join(on, ", "))}
	if n := len(b.Acts); n > 0 {
		a.Number = b.Acts[n-1].Number + 1
	}
	if by, ok := ctx.Value(authorKey{}).(string); ok {
		a.By = clip(by)
	}
	b.Acts = append(b.Acts, a)
	b.Acts = b.Acts[max(0, len(b.Acts)-maxActs):]
}

// clip holds a text to what readActs takes.
func clip(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxActText)], "")
}

// readActs reports whether acts are such as did writes.
func readActs(list []Act) bool {
	last := int64(0)
	for i := range list {
		a := &list[i]
		if a.Number <= last || a.At.IsZero() || max(len(a.By), len(a.Did), len(a.On)) > maxActText {
			return false
		}
		last = a.Number
	}
	return len(list) <= maxActs
}

// without are those of a list that are not in another.
func without(list, other []string) (rest []string) {
	for _, v := range list {
		if !slices.Contains(other, v) {
			rest = append(rest, v)
		}
	}
	return rest
}
