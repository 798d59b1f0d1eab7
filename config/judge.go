package config

import (
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// between says what the bounds of f are.
func (f *field) between() string {
	switch {
	case f.min != "" && f.max != "":
		return "from " + f.min + " to " + f.max
	case f.max != "":
		return "at most " + f.max
	}
	return "at least " + f.min
}

// useDefault is the hint for values beyond bounds.
func (f *field) useDefault() string {
	if f.inherit {
		return "remove the key to use that of the API"
	}
	if f.def == "" {
		return ""
	}
	return "remove the key to use the default, " + f.def
}

// accept holds a value that was read to its words, form and bounds, and
// leaves nothing of one that does not keep to them.
func (d *decoder) accept(v reflect.Value, n *source.Node, f *field) {
	if !d.judge(v, Place{n}, f) {
		v.SetZero()
	}
}

// judge reports whether a value keeps to its words, its form and its bounds.
func (c *collector) judge(v reflect.Value, at Place, f *field) bool {
	switch {
	case v.Kind() == reflect.String:
		return c.judgeText(v, at, f)
	case v.Kind() == reflect.Slice:
		if least, ok := f.parse(f.min); ok && int64(v.Len()) < least {
			c.add("empty-list", at.node, "name at least one", "the list %s is empty", f.name)
			return false
		}
		c.repeats(v, at)
	case v.CanInt() || v.CanUint():
		n := asInt(v)
		least, low := f.parse(f.min)
		most, high := f.parse(f.max)
		if low && n < least || high && n > most {
			c.add("bounds", at.node, f.useDefault(), "%s must be %s, not %v", f.name, f.between(), shown(v))
			return false
		}
	}
	return true
}

// repeats finds texts that stand twice in a list.
func (c *collector) repeats(list reflect.Value, at Place) {
	seen := make(map[string]bool, list.Len())
	for i := range list.Len() {
		item := list.Index(i)
		if item.IsZero() {
			continue // it was wrong, which was said
		}
		var text string
		switch value := item.Interface().(type) {
		case netip.Prefix:
			text = value.String()
		default:
			if item.Kind() != reflect.String {
				return
			}
			text = item.String()
		}
		if seen[text] {
			c.add("repeated", at.Item(i).node, "remove one of them", "%s stands twice in this list", quote(text))
		}
		seen[text] = true
	}
}

func asInt(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(v.Uint())
	}
	return v.Int()
}

func shown(v reflect.Value) any {
	if d, ok := v.Interface().(time.Duration); ok {
		return duration(d)
	}
	return v.Interface()
}

func (c *collector) judgeText(v reflect.Value, at Place, f *field) bool {
	text := v.String()
	words := wordsOf(v.Type())
	if words == nil {
		words = f.words
	}
	if words != nil && !slices.Contains(words, text) {
		c.add("words", at.node, source.DidYouMean("", text, words...), "%s must be %s, not %s", f.name, oneOf(words), quote(text))
		return false
	}
	wrong, hint := forms[f.form].judgeOr(text)
	if wrong != "" {
		c.add("form-"+f.form, at.node, hint, "%s", wrong)
	}
	return wrong == ""
}
