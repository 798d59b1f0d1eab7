package fake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Conform holds a wrapper to what all are held to: it opens what it sealed for
// the same use and nothing else.
func Conform(t *testing.T, w wrap.Wrapper) {
	t.Helper()
	key, ad := bytes.Repeat([]byte{7}, wrap.KeyLength), []byte("what it is for")
	wrapped, err := w.Wrap(t.Context(), key, ad)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(wrapped, key[:8]) {
		t.Error("the key stands in what was wrapped")
	}
	if got, err := w.Unwrap(t.Context(), wrapped, ad); err != nil || !bytes.Equal(got, key) {
		t.Fatal(err)
	}
	if _, err := w.Unwrap(t.Context(), wrapped, []byte("something else")); err == nil {
		t.Error("it opens for another use")
	}
	for _, bad := range [][]byte{nil, []byte("x"), wrapped[:len(wrapped)/2], slices.Concat(wrapped[:len(wrapped)-2], []byte("AA")), bytes.Repeat([]byte("x"), 4096)} {
		var e *wrap.Error
		if _, err := w.Unwrap(t.Context(), bad, ad); !errors.As(err, &e) || e.Down {
			t.Errorf("%q opens, or nothing is said: %v", bad, err)
		}
	}
	text, err := wrap.Seal(t.Context(), w, []byte("planted"), "use")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wrap.Open(t.Context(), w, text, "use"); err != nil || string(got) != "planted" {
		t.Error(err)
	}
}

// Fail has a service fail in each way, and holds the wrapper's errors to what
// they are to say, and to hold nothing of the service's words or of secrets.
func Fail(t *testing.T, w wrap.Wrapper, instead func(http.Handler)) {
	t.Helper()
	key, ad := bytes.Repeat([]byte{7}, wrap.KeyLength), []byte("use")
	wrapped, err := w.Wrap(t.Context(), key, ad)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for name, fault := range Faults {
		t.Run(name, func(t *testing.T) {
			ran++
			instead(fault.Handler)
			defer instead(nil)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, sealing := wrap.Seal(ctx, w, []byte("planted"), "use")
			_, opening := w.Unwrap(ctx, wrapped, ad)
			for _, err := range []error{sealing, opening} {
				var e *wrap.Error
				if !errors.As(err, &e) || e.Down != fault.Down {
					t.Errorf("%v, down %v", err, wrap.Down(err))
				}
				if text := strings.ToLower(fmt.Sprintf("%v %+v %#v", err, err, e)); strings.Contains(text, "planted") || strings.Contains(text, "cgxhbnrl") {
					t.Error("an error holds what the service wrote, or a secret:", text)
				}
			}
		})
	}
	if ran < 10 {
		t.Error("few faults ran")
	}
	if got, err := w.Unwrap(t.Context(), wrapped, ad); err != nil || !bytes.Equal(got, key) {
		t.Error("it does not recover:", err)
	}
}
