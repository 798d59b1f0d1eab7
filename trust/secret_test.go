package trust_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log"
	"log/slog"
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
