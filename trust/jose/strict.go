package jose

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep objects and lists of a header, of claims or of a key
// set stand in each other.
const maxDepth = 16

var (
	errNoObject = errors.New("it is no JSON object")
	errDepth    = errors.New("it is nested too deep")
	errNumber   = errors.New("it holds a number that is out of range")
	errSyntax   = errors.New("it is not strict JSON: one value, UTF-8, each name once")
)

// reader is a decoder with the buffer that it reads from.
type reader struct {
	text bytes.Buffer
	dec  jsontext.Decoder
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// ReadObject reads one JSON object and nothing else: UTF-8, each name once
// (RFC 7515 section 4, RFC 7519 section 4), of bounded depth. Values are
// strings, int64, float64, bool, nil, []any and map[string]any. The error
// holds nothing of text.
func ReadObject(text []byte) (map[string]any, error) {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.text.Reset()
	r.text.Write(text)
	r.dec.Reset(&r.text)
	if r.dec.PeekKind() != '{' {
		return nil, errNoObject
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.ReadToken(); err != io.EOF {
		return nil, errSyntax
	}
	return v.(map[string]any), nil
}

// value reads the next value.
func (r *reader) value() (any, error) {
	t, err := r.dec.ReadToken()
	if err != nil {
		return nil, errSyntax
	}
	switch t.Kind() {
	case '{', '[':
		if r.dec.StackDepth() > maxDepth {
			return nil, errDepth
		}
		if t.Kind() == '[' {
			return r.list()
		}
		return r.object()
	case '"':
		return t.String(), nil
	case '0':
		return number(t.String())
	case 't', 'f':
		return t.Bool(), nil
	}
	return nil, nil
}

func (r *reader) object() (any, error) {
	object := map[string]any{}
	for r.dec.PeekKind() != '}' {
		name, err := r.dec.ReadToken()
		if err != nil {
			return nil, errSyntax
		}
		key := name.String()
		if object[key], err = r.value(); err != nil {
			return nil, err
		}
	}
	_, err := r.dec.ReadToken()
	return object, err
}

func (r *reader) list() (any, error) {
	list := []any{}
	for r.dec.PeekKind() != ']' {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.dec.ReadToken()
	return list, err
}

// number reads a number: whole ones that fit as int64, others as float64.
func number(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errNumber
	}
	return f, nil
}
