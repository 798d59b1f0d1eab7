package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
)

// scalars are the types that are written as one value, but for those that
// their kind says all about.
var scalars = map[reflect.Type]func(d *decoder, v reflect.Value, n *source.Node, f *field){
	reflect.TypeFor[trust.Secret]():  (*decoder).secret,
	reflect.TypeFor[netip.Prefix]():  (*decoder).network,
	reflect.TypeFor[time.Duration](): (*decoder).span,
	reflect.TypeFor[Bytes]():         (*decoder).size,
	reflect.TypeFor[File]():          (*decoder).file,
}

// choice is a type of which there are a few words.
type choice interface{ Words() []string }

// wordsOf returns the words that a value of type t may be, nil for any.
func wordsOf(t reflect.Type) []string {
	if c, ok := reflect.Zero(t).Interface().(choice); ok {
		return c.Words()
	}
	return nil
}

// literal returns the text of n, in which references have no meaning.
func (d *decoder) literal(n *source.Node, words string) (string, bool) {
	if !d.kind(n, source.String, words) {
		return "", false
	}
	if trust.Refers(n.Str()) {
		d.add("reference", n, "write the value itself", "references are for secrets, and this key is none")
		return "", false
	}
	return strings.Clone(n.Str()), true
}

// text reads text, which may be one of a few words.
func (d *decoder) text(v reflect.Value, n *source.Node, f *field) {
	words := "text"
	if list := wordsOf(v.Type()); list != nil {
		words = oneOf(list)
	}
	if n.Is(source.Number) && (f.form == "address" || f.form == "listen") {
		d.add("type", n, "write 127.0.0.1:"+clip(n.Text())+" for this machine alone", "must be a host and a port, not %s", clip(n.Text()))
		return
	}
	if text, ok := d.literal(n, words); ok {
		v.SetString(text)
		d.accept(v, n, f)
	}
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// file reads a path and makes it absolute.
func (d *decoder) file(v reflect.Value, n *source.Node, _ *field) {
	text, ok := d.literal(n, "the path of a file")
	switch {
	case !ok:
	case strings.TrimSpace(text) == "":
		d.add("file", n, "name a file, or remove the key", "the path is empty")
	case strings.Contains(text, "://"):
		d.add("file", n, "save the document and name the file", "files are read from this machine only, and this is a URL")
	case strings.HasPrefix(text, unixWord):
		d.add("file", n, "write it without unix:", "this is the path of a file, and begins with %s", unixWord)
	case strings.ContainsRune(text, 0):
		d.add("file", n, "", "a path holds no NUL")
	default:
		v.SetString(d.path(text))
	}
}

// path makes a path absolute, from the folder of the file.
func (d *decoder) path(text string) string {
	if filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(d.look.Folder, filepath.FromSlash(text))
}

// number reads a whole number.
func (d *decoder) number(v reflect.Value, n *source.Node, f *field) {
	if !d.kind(n, source.Number, "a whole number") {
		return
	}
	i, ok := n.Int()
	switch {
	case !ok && strings.ContainsAny(n.Text(), ".eE"):
		d.add("type", n, "", "must be a whole number, not %s", clip(n.Text()))
	case ok && v.CanInt() && !v.OverflowInt(i):
		v.SetInt(i)
		d.accept(v, n, f)
	case ok && v.CanUint() && i >= 0 && !v.OverflowUint(uint64(i)):
		v.SetUint(uint64(i))
		d.accept(v, n, f)
	default:
		d.add("bounds", n, f.useDefault(), "%s must be %s, not %s", f.name, f.between(), clip(n.Text()))
	}
}

// size reads a number of bytes.
func (d *decoder) size(v reflect.Value, n *source.Node, f *field) {
	const words = "a number of bytes, such as 65536, 64KiB or 1MiB"
	if !n.Is(source.Number) {
		if _, ok := d.literal(n, words); !ok {
			return
		}
	}
	b, ok := ParseBytes(n.Text())
	if !ok {
		d.add("type", n, binaryUnit(n.Text()), "must be %s, not %s", words, clip(n.Text()))
		return
	}
	v.SetInt(int64(b))
	d.accept(v, n, f)
}

// binaryUnit is the hint for sizes such as 1MB, 64k or 1 mib.
func binaryUnit(text string) string {
	digits := strings.TrimRight(strings.ToLower(text), "kmgib ")
	unit := strings.TrimSpace(strings.ToLower(text)[len(digits):])
	for _, u := range units[:3] {
		if first := strings.ToLower(u.name[:1]); unit == first || unit == first+"b" || unit == first+"ib" {
			if _, ok := ParseBytes(digits + u.name); ok {
				return "write " + digits + u.name
			}
		}
	}
	return ""
}

// span reads a time.
func (d *decoder) span(v reflect.Value, n *source.Node, f *field) {
	const words = "a time with its unit, such as 30s, 10m or 365d"
	if i, ok := n.Int(); ok {
		d.add("type", n, fmt.Sprintf("say the unit, such as %ds", max(i, 0)), "must be %s, not %d", words, i)
		return
	}
	text, ok := d.literal(n, words)
	if !ok {
		return
	}
	t, ok := ParseDuration(text)
	if !ok {
		d.add("type", n, "", "must be %s, not %s", words, quote(text))
		return
	}
	v.SetInt(int64(t))
	d.accept(v, n, f)
}

// network reads a range of addresses.
func (d *decoder) network(v reflect.Value, n *source.Node, _ *field) {
	const words = "a network, such as 10.0.0.0/8 or 2001:db8::/32"
	text, ok := d.literal(n, words)
	if !ok {
		return
	}
	p, err := netip.ParsePrefix(text)
	if err == nil && p == p.Masked() && !p.Addr().Is4In6() {
		v.Set(reflect.ValueOf(p))
		return
	}
	hint := ""
	if a, failed := netip.ParseAddr(text); failed == nil && a.Zone() == "" {
		hint = "write " + netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()).String()
	} else if err == nil && !p.Addr().Is4In6() {
		hint = "write " + p.Masked().String()
	}
	d.add("network", n, hint, "must be %s, not %s", words, quote(text))
}

// secret reads references. Nothing of the text is ever shown.
func (d *decoder) secret(v reflect.Value, n *source.Node, f *field) {
	if !n.Is(source.String) {
		d.add("secret", n, "write ${env:NAME} or ${file:PATH}", "must be text that refers to a secret, not %s", kinds[n.Kind()])
		return
	}
	look := d.look
	if d.inTrust {
		look.Remote = nil
	}
	s, notes := trust.Expand(n.Str(), look)
	for _, note := range notes {
		if note.Warning {
			d.warn("secret-loose", n, note.Hint, "%s", note.Text)
		} else {
			d.add("secret", n, note.Hint, "%s", note.Text)
		}
	}
	if text, hint := forms["value"].judge(s.Reveal()); f.form == "value" && !s.IsZero() && text != "" {
		d.add("form-value", n, hint, "%s", text)
		return
	}
	v.Set(reflect.ValueOf(s))
}

// set gives v the default of f, which the tag of a field says.
func (f *field) set(v reflect.Value) {
	if n, ok := f.parse(f.def); ok {
		if v.CanUint() {
			v.SetUint(uint64(n))
		} else {
			v.SetInt(n)
		}
		return
	}
	v.SetString(f.def)
}

// parse reads a number of a tag in the unit of the field's type.
func (f *field) parse(text string) (int64, bool) {
	switch f.typ {
	case reflect.TypeFor[time.Duration]():
		d, ok := ParseDuration(text)
		return int64(d), ok
	case reflect.TypeFor[Bytes]():
		b, ok := ParseBytes(text)
		return int64(b), ok
	}
	if f.typ.Kind() == reflect.String {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
