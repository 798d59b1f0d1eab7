package policy

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/go-json-experiment/json/jsontext"
)

// errValue says that a value is not what the contract describes, so that no
// rule can judge it. It holds nothing of the value.
var errValue = errors.New("a value that the rules ask for is not what the contract describes")

// parse reads the text of one value.
func (t *typ) parse(s string) (types.Value, error) {
	switch t.kind {
	case text:
		return types.String(s), nil
	case long:
		return number(s, 0, func(n int64) types.Value { return types.Long(n) })
	case decimal:
		return number(s, 4, func(n int64) types.Value { return decimalOf(n) })
	case boolean:
		switch s {
		case "true":
			return types.True, nil
		case "false":
			return types.False, nil
		}
	case address:
		if a, err := types.ParseIPAddr(s); err == nil {
			return a, nil
		}
	case moment:
		if m, err := time.Parse(time.RFC3339, s); err == nil {
			return types.NewDatetime(m), nil
		}
	}
	return nil, errValue
}

// decimalOf makes a decimal of ten-thousandths.
func decimalOf(n int64) types.Value {
	d, err := types.NewDecimal(n, -4)
	if err != nil {
		return nil // never: every int64 is one
	}
	return d
}

// maxDigits bounds the text of a number.
const maxDigits = 40

// number reads a number as JSON writes it, as a whole number of the given
// decimal places. A number that does not fit exactly is none: a rule would judge
// another one than the API.
func number(s string, places int, value func(int64) types.Value) (types.Value, error) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || n < -maxDigits || n > maxDigits {
			return nil, errValue
		}
		mantissa, exponent = s[:i], n
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	units := strings.TrimPrefix(whole, "-")
	if len(s) > maxDigits || units == "" || len(units) > 1 && units[0] == '0' || dotted && fraction == "" || strings.ContainsAny(fraction, "+-") {
		return nil, errValue // RFC 8259 section 6
	}
	digits, shift := whole+fraction, places+exponent-len(fraction)
	for shift < 0 && strings.HasSuffix(digits, "0") && len(digits) > 1 {
		digits, shift = digits[:len(digits)-1], shift+1
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || strings.HasPrefix(digits, "+"):
		return nil, errValue
	case n == 0:
		return value(0), nil
	case shift < 0 || shift > 18:
		return nil, errValue
	}
	for range shift {
		if n > 1<<63/10-1 || n < -(1<<63/10-1) {
			return nil, errValue
		}
		n *= 10
	}
	return value(n), nil
}

// body reads of a JSON text what wanted asks for. Repeated names and bytes that
// are no UTF-8 are refused: others could read them differently.
func (t *typ) body(wanted *need, b []byte) (types.Value, error) {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	v, err := t.json(wanted, d)
	if err != nil {
		return nil, errValue
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errValue
	}
	return v, nil
}

// json reads the next value; nil for null.
func (t *typ) json(wanted *need, d *jsontext.Decoder) (types.Value, error) {
	if d.PeekKind() == 'n' {
		return nil, d.SkipValue()
	}
	switch t.kind {
	case record:
		return t.object(wanted, d)
	case set:
		return t.list(d)
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch k := token.Kind(); {
	case k == '0' && (t.kind == long || t.kind == decimal), (k == 't' || k == 'f') && t.kind == boolean, k == '"' && t.kind == text:
		return t.parse(token.String())
	}
	return nil, errValue
}

func (t *typ) object(wanted *need, d *jsontext.Decoder) (types.Value, error) {
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, errValue
	}
	all := types.RecordMap{}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		f := t.find(token.String())
		if f == nil || !wanted.has(f.name) {
			if err := d.SkipValue(); err != nil {
				return nil, err
			}
			continue
		}
		v, err := f.typ.json(wanted.at(f.name), d)
		if err != nil {
			return nil, err
		}
		if v != nil {
			all[types.String(f.name)] = v
		}
	}
	if _, err := d.ReadToken(); err != nil { // the end of the object
		return nil, err
	}
	return types.NewRecord(all), nil
}

func (t *typ) list(d *jsontext.Decoder) (types.Value, error) {
	if token, err := d.ReadToken(); err != nil || token.Kind() != '[' {
		return nil, errValue
	}
	var items []types.Value
	for d.PeekKind() != ']' {
		v, err := t.item.json(nil, d)
		if err != nil || v == nil {
			return nil, errValue // null is no item that a rule could see
		}
		items = append(items, v)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	return types.NewSet(items...), nil
}
