package sample

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// parts writes an object as multipart/form-data (RFC 7578): a part for each
// plain value and each item of a list, objects as JSON.
func parts(text []byte) (body []byte, kind string, ok bool) {
	var object map[string]any
	if json.Unmarshal(text, &object) != nil {
		return nil, "", false
	}
	boundary := "gatehouse-sample"
	for bytes.Contains(text, []byte(boundary)) && len(boundary) < 60 { // RFC 2046 section 5.1.1: at most 70
		boundary += "-x"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if w.SetBoundary(boundary) != nil {
		return nil, "", false
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		items, many := object[name].([]any)
		if !many {
			items = []any{object[name]}
		}
		for _, item := range items {
			if !part(w, name, item) {
				return nil, "", false
			}
		}
	}
	if w.Close() != nil {
		return nil, "", false
	}
	return b.Bytes(), w.FormDataContentType(), true
}

func part(w *multipart.Writer, name string, item any) bool {
	head := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(name) + `"`}}
	s, ok := plain(item)
	if !ok {
		text, err := json.Marshal(item, json.Deterministic(true))
		if err != nil {
			return false
		}
		s = string(text)
		head.Set("Content-Type", "application/json")
	}
	to, err := w.CreatePart(head)
	if err != nil {
		return false
	}
	_, err = to.Write([]byte(s))
	return err == nil
}
