package trust_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v4"

	"github.com/gatehouse-api/gatehouse/trust"
)

const planted = "planted-s3cr3t"

// holder has secrets wherever a printer could find them.
type holder struct {
	Value   trust.Secret
	Pointer *trust.Secret
	Map     map[string]trust.Secret
	List    []trust.Secret
	Any     any
	hidden  trust.Secret
	deep    struct{ hidden []*trust.Secret }
}

func newHolder() *holder {
	s := trust.NewSecret(planted)
	h := &holder{Value: s, Pointer: &s, Map: map[string]trust.Secret{"a": s}, List: []trust.Secret{s}, Any: s, hidden: s}
	h.deep.hidden = []*trust.Secret{&s}
	return h
}

// TestNothingPrintsASecret prints in every way that programs print.
func TestNothingPrintsASecret(t *testing.T) {
	h := newHolder()
	values := map[string]any{
		"value": h.Value, "pointer": h.Pointer, "map": h.Map, "list": h.List, "holder": *h, "pointer-to-holder": h, "error": fmt.Errorf("no: %w, %v", errors.New("x"), h.Value),
	}
	ways := map[string]func(w io.Writer, v any){
		"json": func(w io.Writer, v any) { json.NewEncoder(w).Encode(v) },
		"yaml": func(w io.Writer, v any) { yaml.NewEncoder(w).Encode(v) },
		"xml":  func(w io.Writer, v any) { xml.NewEncoder(w).Encode(v) },
		"gob":  func(w io.Writer, v any) { gob.NewEncoder(w).Encode(v) },
		"log":  func(w io.Writer, v any) { log.New(w, "", 0).Println(v) },
		"slog-text": func(w io.Writer, v any) {
			slog.New(slog.NewTextHandler(w, nil)).With("with", v).Info("m", "v", v, slog.Group("g", "v", v))
		},
		"slog-json": func(w io.Writer, v any) {
			slog.New(slog.NewJSONHandler(w, nil)).With("with", v).Info("m", "v", v, slog.Group("g", "v", v))
		},
		"template": func(w io.Writer, v any) {
			template.Must(template.New("").Parse(`{{.}} {{printf "%s" .}}`)).Execute(w, v)
		},
		"html-template": func(w io.Writer, v any) {
			htmltemplate.Must(htmltemplate.New("").Parse(`{{.}}<script>{{.}}</script>`)).Execute(w, v)
		},
		"error": func(w io.Writer, v any) {
			io.WriteString(w, errors.Join(fmt.Errorf("a: %v", v), fmt.Errorf("b: %#v", v)).Error())
		},
	}
	for _, flags := range []string{"", "+", "#", "-20", "020", " "} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			format := "%" + flags + string(verb)
			ways[format] = func(w io.Writer, v any) { fmt.Fprintf(w, format, v) }
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		ways["panic-"+verb] = func(w io.Writer, v any) {
			defer func() { fmt.Fprintf(w, "%v", recover()) }()
			panic(fmt.Sprintf("panic: "+verb, v))
		}
	}
	ways["wrapped-error"] = func(w io.Writer, v any) {
		err, ok := v.(error)
		if !ok {
			err = carrier{v}
		}
		err = fmt.Errorf("a: %w", errors.Join(fmt.Errorf("b: %w", err), err))
		fmt.Fprintf(w, "%v %+v %#v %s %q", err, err, err, err, err)
	}
	ways["context"] = func(w io.Writer, v any) { fmt.Fprint(w, context.WithValue(context.Background(), carrier{}, v)) }
	ways["walker"] = func(w io.Writer, v any) { walk(w, reflect.ValueOf(v), 0) }
	ran := 0
	for way, show := range ways {
		for name, v := range values {
			var b bytes.Buffer
			show(&b, v)
			ran++
			for _, leak := range []string{planted, "706c616e746564", "706C616E746564", "112 108 97"} { // also as %x and %d write it
				if strings.Contains(b.String(), leak) {
					t.Errorf("%s of %s shows the secret: %s", way, name, b.String())
				}
			}
		}
	}
	if ran < 900 {
		t.Errorf("%d ways were tried", ran)
	}
	for _, format := range []string{"%v", "%s", "%q", "%x", "%d", "%#v", "%+v"} {
		if got := fmt.Sprintf(format, h.Value); got != "[redacted]" {
			t.Errorf("%s is %s", format, got)
		}
	}
	if text, err := json.Marshal(h.Map); err != nil || string(text) != `{"a":"[redacted]"}` {
		t.Error(string(text), err)
	}
	if text, err := yaml.Marshal(h.Map); err != nil || string(text) != "a: '[redacted]'\n" {
		t.Error(string(text), err)
	}
}

// carrier is an error that holds something.
type carrier struct{ held any }

func (c carrier) Error() string { return fmt.Sprintf("held: %v %+v %#v", c.held, c.held, c.held) }

// walk prints as printers do that go by reflection and call no method on what
// they may not read (go-spew, testify, panics of the runtime): they follow
// pointers, into fields of all kinds.
func walk(w io.Writer, v reflect.Value, depth int) {
	if depth > 12 || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(w, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(w, v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(w, v.Index(i), depth+1)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walk(w, v.MapIndex(key), depth+1)
		}
	case reflect.String:
		fmt.Fprint(w, v.String())
	case reflect.Func, reflect.UnsafePointer, reflect.Chan:
		fmt.Fprint(w, v.Pointer())
	}
}

func TestSecret(t *testing.T) {
	s := trust.NewSecret(planted)
	if s.Reveal() != planted || s.IsZero() || !s.Equal(planted) || s.Equal("planted") || s.Equal("") {
		t.Error("a secret does not know its value")
	}
	for _, zero := range []trust.Secret{{}, trust.NewSecret("")} {
		if zero.Reveal() != "" || !zero.IsZero() || !zero.Equal("") || fmt.Sprint(zero) != "[redacted]" {
			t.Error("an empty secret is not empty")
		}
	}
}
