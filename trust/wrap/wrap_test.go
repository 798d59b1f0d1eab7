package wrap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

const phrase = "planted correct horse battery"

var sample = bytes.Repeat([]byte{7}, wrap.KeyLength)

// TestPassphrase opens with its passphrase, what it is bound to, and no change.
func TestPassphrase(t *testing.T) {
	w := wrap.Passphrase(trust.NewSecret(phrase))
	wrapped, err := w.Wrap(t.Context(), sample, []byte("ad"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(wrapped, sample[:8]) {
		t.Error("the key stands in what was wrapped")
	}
	if key, err := w.Unwrap(t.Context(), wrapped, []byte("ad")); err != nil || !bytes.Equal(key, sample) {
		t.Fatal(err)
	}
	change := func(i int) []byte {
		b := slices.Clone(wrapped)
		b[i] ^= 1
		return b
	}
	for _, row := range []struct {
		name    string
		w       wrap.Wrapper
		wrapped []byte
		ad      string
		want    string
	}{
		{"another-passphrase", wrap.Passphrase(trust.NewSecret(phrase + "x")), wrapped, "ad", "does not open it"},
		{"another-use", w, wrapped, "ae", "does not open it"},
		{"changed-text", w, change(len(wrapped) - 1), "ad", "does not open it"},
		{"changed-salt", w, change(12), "ad", "does not open it"},
		{"less-cost", w, change(4), "ad", "does not open it"},
		{"huge-memory", w, change(5), "ad", "beyond the bounds"},
		{"huge-time", w, change(1), "ad", "beyond the bounds"},
		{"no-threads", w, append(append(slices.Clone(wrapped[:9]), 0), wrapped[10:]...), "ad", "beyond the bounds"},
		{"another-form", w, change(0), "ad", "of no form"},
		{"short", w, wrapped[:20], "ad", "of no form"},
		{"nothing", w, nil, "ad", "of no form"},
		{"short-passphrase", wrap.Passphrase(trust.NewSecret("planted")), wrapped, "ad", "less than 16"},
	} {
		t.Run(row.name, func(t *testing.T) {
			key, err := row.w.Unwrap(t.Context(), row.wrapped, []byte(row.ad))
			if key != nil || err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "planted") || wrap.Down(err) {
				t.Error(err)
			}
		})
	}
	if _, err := wrap.Passphrase(trust.Secret{}).Wrap(t.Context(), sample, nil); err == nil {
		t.Error("an empty passphrase wraps")
	}
	if s := fmt.Sprintf("%+v %#v", w, w); strings.Contains(s, "planted") {
		t.Error("the passphrase was printed")
	}
}

// plain is a wrapper of tests: it wraps with nothing but a mark.
type plain struct {
	mark byte
	fail error
}

func (plain) Name() string { return "plain" }

func (p plain) Wrap(_ context.Context, key, ad []byte) ([]byte, error) {
	return append(append([]byte{p.mark}, key...), ad...), p.fail
}

func (p plain) Unwrap(_ context.Context, wrapped, ad []byte) ([]byte, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	key, ok := bytes.CutSuffix(wrapped, ad)
	if !ok || len(key) < 1 || key[0] != p.mark {
		return nil, &wrap.Error{Who: "plain", Text: "no"}
	}
	return slices.Clone(key[1:]), nil
}

// TestText seals text, opens it, and refuses what was changed.
func TestText(t *testing.T) {
	w := plain{mark: 'a'}
	text, err := wrap.Seal(t.Context(), w, []byte("planted"), "this")
	if err != nil || bytes.Contains(text, []byte("planted")) {
		t.Fatalf("%s %v", text, err)
	}
	if got, err := wrap.Open(t.Context(), w, text, "this"); err != nil || string(got) != "planted" {
		t.Fatal(err)
	}
	if _, err := wrap.Open(t.Context(), w, text, "that"); !errors.Is(err, wrap.ErrPurpose) {
		t.Error(err)
	}
	forged := bytes.Replace(text, []byte(`"purpose": "this"`), []byte(`"purpose": "that"`), 1)
	if _, err := wrap.Open(t.Context(), w, forged, "that"); err == nil {
		t.Error("the purpose is not bound")
	}
	again, err := wrap.Rewrap(t.Context(), w, text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wrap.Open(t.Context(), w, again, "this"); err != nil || string(got) != "planted" {
		t.Error(err)
	}
	other, _ := wrap.Seal(t.Context(), w, []byte("planted other"), "this")
	a, _ := wrap.ReadText(text)
	b, _ := wrap.ReadText(other)
	mixed := fmt.Appendf(nil, `{"gatehouse":"sealed 1","purpose":"this","by":"plain","key":%q,"text":%q}`, b64(b.Key), b64(a.Sealed))
	if _, err := wrap.Open(t.Context(), w, mixed, "this"); !errors.Is(err, wrap.ErrChanged) {
		t.Error("halves of two texts:", err)
	}
	renamed := bytes.Replace(text, []byte(`"by": "plain"`), []byte(`"by": "vault"`), 1)
	if _, err := wrap.Open(t.Context(), plain{mark: 'b'}, renamed, "this"); err == nil || !strings.Contains(err.Error(), `sealed by "vault", and the configuration says "plain"`) {
		t.Error(err)
	}
	down := plain{fail: &wrap.Error{Who: "plain", Text: "down", Down: true}}
	if _, err := wrap.Open(t.Context(), down, text, "this"); !wrap.Down(err) {
		t.Error(err)
	}
	for _, bad := range []string{"", "{}", "null", string(text) + "{}", strings.Replace(string(text), "sealed 1", "sealed 2", 1), strings.Replace(string(text), `"by"`, `"bye"`, 1)} {
		if _, err := wrap.Open(t.Context(), w, []byte(bad), "this"); !errors.Is(err, wrap.ErrForm) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := wrap.Seal(t.Context(), w, make([]byte, wrap.MaxText), "this"); err == nil {
		t.Error("too much was sealed")
	}
}

func FuzzOpen(f *testing.F) {
	text, err := wrap.Seal(f.Context(), plain{mark: 'a'}, []byte("text"), "this")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"gatehouse":"sealed 1","purpose":"this","by":"x","key":"AA==","text":"AA=="}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := wrap.Open(context.Background(), plain{mark: 'a'}, b, "this")
		if err == nil && string(got) != "text" {
			t.Fatal("something else was opened")
		}
	})
}

func FuzzPassphrase(f *testing.F) {
	w := wrap.Passphrase(trust.NewSecret("short")) // the bounds are judged, nothing is derived
	f.Add([]byte{1, 0, 0, 0, 3}, []byte("ad"))
	f.Fuzz(func(t *testing.T, wrapped, ad []byte) {
		if key, err := w.Unwrap(context.Background(), wrapped, ad); err == nil || key != nil {
			t.Fatal("opened")
		}
	})
}
