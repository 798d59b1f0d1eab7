package graphql

import (
	"bytes"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// request is one query as it came (GraphQL over HTTP section 5).
type request struct {
	query     string
	has       bool // a query stands there
	name      string
	variables map[string]int64 // those that are whole numbers
	hash      string           // of a persisted query
	get       bool
}

var errForm = errors.New("no request in GraphQL")

// fromJSON reads a body: one request, or a list of at most some. Names that
// stand twice and what is no UTF-8 are refused by the reader.
func fromJSON(body []byte, most int) (list []request, ok bool) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	var err error
	if d.PeekKind() == '[' {
		_, err = d.ReadToken()
		for err == nil && d.PeekKind() != ']' && len(list) < most {
			var r request
			if r, err = readRequest(d); err == nil {
				list = append(list, r)
			}
		}
		if err == nil && len(list) == most {
			return list, true // too many: nobody reads the rest
		}
		if err == nil {
			_, err = d.ReadToken()
		}
	} else {
		var r request
		r, err = readRequest(d)
		list = append(list, r)
	}
	if err != nil {
		return nil, false
	}
	_, err = d.ReadToken()
	return list, err == io.EOF
}

// members calls f with each name of an object, which reads the value.
func members(d *jsontext.Decoder, f func(name string) error) error {
	if d.PeekKind() != '{' {
		return errForm
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := f(t.String()); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// text reads a string or null.
func text(d *jsontext.Decoder) (s string, is bool, err error) {
	switch d.PeekKind() {
	case 'n':
		return "", false, d.SkipValue()
	case '"':
		t, err := d.ReadToken()
		if err != nil {
			return "", false, err
		}
		return t.String(), true, nil
	}
	return "", false, errForm
}

// object reads an object or null.
func object(d *jsontext.Decoder, f func(name string) error) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	return members(d, f)
}

func readRequest(d *jsontext.Decoder) (r request, err error) {
	err = members(d, func(name string) (err error) {
		switch name {
		case "query":
			r.query, r.has, err = text(d)
		case "operationName":
			r.name, _, err = text(d)
		case "variables":
			err = r.readVariables(d)
		case "extensions":
			err = r.readExtensions(d)
		case "id", "documentId", "queryId", "doc_id": // other ways to name a query, of which nobody knows what it costs
			err = errForm
		default:
			if err = errForm; !meant(name) {
				err = d.SkipValue()
			}
		}
		return err
	})
	return r, err
}

// words are the parameters of a request, and other ways to name a query.
var words = []string{"query", "operationName", "variables", "extensions", "id", "documentId", "queryId", "doc_id"}

// meant reports whether some servers take a name for one of a request though its
// letters are of another case.
func meant(name string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, name) })
}

// asks reports whether a URL has a parameter of a request.
func asks(raw []byte) bool {
	if len(raw) == 0 {
		return false
	}
	values, err := url.ParseQuery(string(raw))
	for name := range values {
		if meant(name) {
			return true
		}
	}
	return err != nil
}

func (r *request) readVariables(d *jsontext.Decoder) error {
	r.variables = make(map[string]int64)
	return object(d, func(name string) error {
		if d.PeekKind() != '0' {
			return d.SkipValue()
		}
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if n, err := strconv.ParseFloat(t.String(), 64); err == nil {
			r.variables[name] = int64(min(max(n, 0), maxItems))
		}
		return nil
	})
}

func (r *request) readExtensions(d *jsontext.Decoder) error {
	return object(d, func(name string) error {
		if name != "persistedQuery" {
			return d.SkipValue()
		}
		return object(d, func(name string) (err error) {
			if name == "sha256Hash" {
				r.hash, _, err = text(d)
				return err
			}
			return d.SkipValue()
		})
	})
}

// fromQuery reads a request of a URL. A parameter that stands twice has no one
// meaning.
func fromQuery(raw []byte) (r request, ok bool) {
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return r, false
	}
	for _, name := range words {
		if n := len(values[name]); n > 1 || n > 0 && len(name) > 1 && (name == "id" || name == "documentId" || name == "queryId" || name == "doc_id") {
			return r, false
		}
	}
	for name := range values {
		if meant(name) && !slices.Contains(words, name) {
			return r, false
		}
	}
	r.query, r.has, r.name = values.Get("query"), values.Has("query"), values.Get("operationName")
	for _, part := range []struct {
		name string
		read func(*jsontext.Decoder) error
	}{{"variables", r.readVariables}, {"extensions", r.readExtensions}} {
		if text := values.Get(part.name); text != "" {
			d := jsontext.NewDecoder(bytes.NewReader([]byte(text)))
			if part.read(d) != nil {
				return r, false
			}
			if _, err := d.ReadToken(); err != io.EOF {
				return r, false
			}
		}
	}
	return r, r.has || r.hash != ""
}
