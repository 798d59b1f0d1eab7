package gate_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gatehouse-api/gatehouse/gate"
)

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCodedBodies are decoded within the bound of what comes out of them.
func TestCodedBodies(t *testing.T) {
	good := zip(t, "hello")
	bomb := zip(t, strings.Repeat("0", 10<<20))
	broken := bytes.Clone(good)
	broken[len(broken)-5] ^= 1
	rows := []struct {
		name   string
		body   []byte
		from   io.Reader
		stated bool
		code   gate.Code
		want   string
	}{
		{"decoded", good, nil, true, 0, "hello"},
		{"of-unknown-length", good, nil, false, 0, "hello"},
		{"two-members", append(bytes.Clone(good), good...), nil, true, 0, "hellohello"},
		{"larger-than-the-bound", zip(t, strings.Repeat("0", 101)), nil, true, gate.BodyTooLarge, ""},
		{"at-the-bound", zip(t, strings.Repeat("0", 100)), nil, true, 0, strings.Repeat("0", 100)},
		{"bomb", bomb, nil, false, gate.BodyTooLarge, ""},
		{"not-gzip", []byte("hello"), nil, true, gate.BodySyntax, ""},
		{"empty-stream", nil, strings.NewReader(""), false, gate.BodySyntax, ""},
		{"cut", good[:len(good)-3], nil, true, gate.BodySyntax, ""},
		{"cut-in-its-head", good[:5], nil, true, gate.BodySyntax, ""},
		{"wrong-sum", broken, nil, true, gate.BodySyntax, ""},
		{"junk-behind", append(bytes.Clone(good), "junk"...), nil, true, gate.BodySyntax, ""},
		{"client-too-slow", nil, io.MultiReader(bytes.NewReader(good[:12]), iotest.ErrReader(os.ErrDeadlineExceeded)), false, gate.BodyTimeout, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
				x.Intake = gate.Intake{Mode: gate.Buffer, MaxBytes: 100, Coding: gate.Gzip}
				return gate.Allow
			})})
			w := &wire{}
			x := h.gate.Acquire()
			x.Method, x.Target, x.Host, x.Incoming, x.BodyLength = []byte("POST"), []byte("/pets/1"), []byte("api.test"), r.from, -1
			if r.from == nil {
				x.Incoming = bytes.NewReader(r.body)
			}
			if r.stated {
				x.BodyLength = int64(len(r.body))
			}
			h.gate.Serve(x, w)
			length := x.BodyLength
			h.gate.Release(x)
			e := h.last()
			if e.Code != r.code || h.api.body != r.want && r.code == 0 {
				t.Errorf("code %v, body %q", e.Code, h.api.body)
			}
			if r.code == 0 && length != int64(len(r.want)) {
				t.Errorf("length %d", length)
			}
		})
	}
}
