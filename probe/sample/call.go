package sample

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/contract"
)

// Call is a request that a contract describes, without credentials.
type Call struct {
	Method string
	Target string      // path and query, as they stand in a request
	Fields [][2]string // header fields, Content-Type and Cookie among them
	Body   []byte      // nil for none
}

// Call makes a call of op with what it requires and no more; base is one of
// op.BasePaths. The error says which part there is no sample of.
func (m *Maker) Call(op *contract.Operation, base string) (*Call, error) {
	return m.head(op, base, nil, true)
}

// planted is a parameter that has a value in any case.
type planted struct {
	parameter *contract.Parameter
	parts     []string
}

// head makes a call with what op requires and what is planted; its body, too,
// if that is asked for.
func (m *Maker) head(op *contract.Operation, base string, plant *planted, body bool) (*Call, error) {
	c := &Call{Method: op.Method}
	path, query, cookies := op.Path, []string(nil), []string(nil)
	for _, p := range op.Parameters {
		var parts []string
		var err error
		switch {
		case plant != nil && plant.parameter == p:
			parts = append(parts, plant.parts...) // writers change it
		case !p.Required && p.In != contract.Path:
			continue
		default:
			parts, err = m.parameter(p)
		}
		if err != nil {
			return nil, fmt.Errorf("%s parameter %q: %w", p.In, p.Name, err)
		}
		switch p.In {
		case contract.Path:
			path = strings.ReplaceAll(path, "{"+p.Name+"}", pathText(p, parts))
		case contract.Query:
			query = append(query, queryText(p, parts))
		case contract.Header:
			c.Fields = append(c.Fields, [2]string{p.Name, strings.Join(parts, ",")})
		case contract.Cookie:
			cookies = append(cookies, p.Name+"="+escaped(strings.Join(parts, ",")))
		}
	}
	if c.Target = base + path; c.Target == "" {
		c.Target = "/"
	}
	if len(query) > 0 {
		c.Target += "?" + strings.Join(query, "&")
	}
	if len(cookies) > 0 {
		c.Fields = append(c.Fields, [2]string{"Cookie", strings.Join(cookies, "; ")})
	}
	if !body {
		return c, nil
	}
	return c, m.body(c, op.Body)
}

// parameter returns the text of a value of p, or those of its items.
func (m *Maker) parameter(p *contract.Parameter) (parts []string, err error) {
	schema := p.Schema
	if p.Content != nil {
		schema = p.Content.Schema
	}
	text, ok := m.Value(schema)
	if !ok {
		return nil, errNone
	}
	if p.Content != nil {
		return []string{string(text)}, nil
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	items, many := v.([]any)
	if !many {
		items = []any{v}
	}
	for _, item := range items {
		s, ok := plain(item)
		if !ok {
			return nil, errNested
		}
		parts = append(parts, s)
	}
	return parts, nil
}

type sampleError string

func (e sampleError) Error() string { return string(e) }

const (
	errNone   sampleError = "no value was found that its schema takes; give one as its example"
	errNested sampleError = "objects in parameters are not written"
	errMedia  sampleError = "bodies of its media types are not written, only those of JSON, forms, multipart/form-data and text"
)

func plain(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// pathText writes a parameter by its style (RFC 6570 sections 3.2.2, 3.2.5 and
// 3.2.7).
func pathText(p *contract.Parameter, parts []string) string {
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	switch joined := strings.Join(parts, ","); p.Style {
	case contract.Label:
		if p.Explode {
			return "." + strings.Join(parts, ".")
		}
		return "." + joined
	case contract.Matrix:
		if p.Explode {
			return ";" + p.Name + "=" + strings.Join(parts, ";"+p.Name+"=")
		}
		return ";" + p.Name + "=" + joined
	default:
		return joined
	}
}

func queryText(p *contract.Parameter, parts []string) string {
	name := escaped(p.Name) + "="
	for i := range parts {
		parts[i] = escaped(parts[i])
	}
	between := ","
	switch {
	case p.Style == contract.SpaceDelimited:
		between = "%20"
	case p.Style == contract.PipeDelimited:
		between = "%7C"
	case p.Style == contract.TabDelimited:
		between = "%09"
	case p.Explode:
		between = "&" + name
	}
	return name + strings.Join(parts, between)
}

// escaped writes a space as "%20": not everybody reads "+" as one.
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// body writes a body where the operation needs one.
func (m *Maker) body(c *Call, b *contract.Body) error {
	if b == nil || !b.Required {
		return nil
	}
	err := error(errMedia)
	for _, media := range b.Media {
		kind, _, _ := strings.Cut(media.Type, ";")
		text, ok := m.Value(media.Schema)
		switch {
		case !ok:
			err = fmt.Errorf("body of %s: %w", media.Type, errNone)
			continue
		case kind == "application/json" || strings.HasSuffix(kind, "+json") && !strings.Contains(kind, "*"):
		case kind == "*/*" || kind == "application/*":
			kind = "application/json"
		case kind == "application/x-www-form-urlencoded":
			if text, ok = form(text, media); !ok {
				continue
			}
		case kind == "multipart/form-data":
			if text, kind, ok = parts(text); !ok {
				continue
			}
		case kind == "text/plain":
			text = bytes.Trim(text, `"`)
		default:
			continue
		}
		c.Body = text
		c.Fields = append(c.Fields, [2]string{"Content-Type", kind})
		return nil
	}
	return err
}

// form writes an object as a form: its plain values and lists of them, and what
// nests in brackets where the contract writes it so (deepObject).
func form(text []byte, media *contract.Media) ([]byte, bool) {
	var object map[string]any
	if json.Unmarshal(text, &object) != nil {
		return nil, false
	}
	v := url.Values{}
	for name, member := range object {
		deep := media.Encoding[name] != nil && media.Encoding[name].Style == contract.DeepObject
		if !add(v, name, member, deep) {
			return nil, false
		}
	}
	return []byte(v.Encode()), true
}

func add(v url.Values, name string, member any, deep bool) bool {
	switch member := member.(type) {
	case map[string]any:
		for key, inner := range member {
			if !deep || !add(v, name+"["+key+"]", inner, deep) {
				return false
			}
		}
	case []any:
		for i, item := range member {
			at := name
			if deep {
				at += "[" + strconv.Itoa(i) + "]"
			}
			if !add(v, at, item, deep) {
				return false
			}
		}
	default:
		s, ok := plain(member)
		v.Add(name, s)
		return ok
	}
	return true
}
