package wrap

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
)

// Text is sealed text as it stands in a file: the text under a key of its own,
// and that key wrapped.
type Text struct {
	Format  string `json:"gatehouse"` // "sealed 1"
	Purpose string `json:"purpose"`   // what the text is for; bound to both parts
	By      string `json:"by"`        // the wrapper's name, for people: nothing relies on it
	Key     []byte `json:"key"`       // as Wrap gave it
	Sealed  []byte `json:"text"`      // AES-256-GCM, nonce first
}

// MaxText bounds sealed text, and what is sealed.
const MaxText = 1 << 20

const textFormat = "sealed 1"

// Errors of sealed text that has nothing to do with a wrapper.
var (
	ErrForm    = errors.New("it is no sealed text of this gate")
	ErrPurpose = errors.New("it was sealed for something else")
	ErrChanged = errors.New("it was changed since it was sealed")
)

// Seal returns plain as a sealed file for a purpose. An error of w is an *Error.
func Seal(ctx context.Context, w Wrapper, plain []byte, purpose string) ([]byte, error) {
	if len(plain) > MaxText/2 {
		return nil, errors.New("the text is too large to be sealed")
	}
	key := make([]byte, KeyLength)
	defer clear(key)
	rand.Read(key)
	t := Text{Format: textFormat, Purpose: purpose, By: w.Name()}
	var err error
	if t.Key, err = t.wrapped(ctx, w, key); err != nil {
		return nil, err
	}
	c, err := gcm(key)
	if err != nil {
		return nil, err
	}
	t.Sealed = c.Seal(nil, nil, plain, t.bind())
	text, err := json.MarshalIndent(t, "", "  ")
	return append(text, '\n'), err
}

// wrapped wraps a key and opens it again: a service that seals something else, or
// that may seal and not open, is found now and not at the next start.
func (t *Text) wrapped(ctx context.Context, w Wrapper, key []byte) ([]byte, error) {
	out, err := w.Wrap(ctx, key, t.bind())
	if err != nil {
		return nil, err
	}
	back, err := w.Unwrap(ctx, out, t.bind())
	if err != nil {
		return nil, err
	}
	defer clear(back)
	if subtle.ConstantTimeCompare(back, key) != 1 {
		return nil, &Error{Who: w.Name(), Text: "it opens what it sealed as something else", Hint: "nothing was sealed with it"}
	}
	return out, nil
}

// Open returns what Seal sealed for the same purpose. It returns ErrForm,
// ErrPurpose, ErrChanged or an *Error of w.
func Open(ctx context.Context, w Wrapper, text []byte, purpose string) ([]byte, error) {
	t, err := ReadText(text)
	if err != nil {
		return nil, err
	}
	if t.Purpose != purpose {
		return nil, ErrPurpose
	}
	key, err := w.Unwrap(ctx, t.Key, t.bind())
	if err != nil {
		var e *Error
		if errors.As(err, &e) && !e.Down && t.By != w.Name() {
			e.Hint = "it was sealed by " + quoted(t.By) + ", and the configuration says " + quoted(w.Name())
		}
		return nil, err
	}
	defer clear(key)
	c, err := gcm(key)
	if err != nil {
		return nil, ErrChanged
	}
	plain, err := c.Open(nil, nil, t.Sealed, t.bind())
	if err != nil {
		return nil, ErrChanged
	}
	return plain, nil
}

// Rewrap has the key of sealed text wrapped anew: moved to the newest version of
// the wrapper's key. The text itself stays as it is.
func Rewrap(ctx context.Context, w Wrapper, text []byte) ([]byte, error) {
	t, err := ReadText(text)
	if err != nil {
		return nil, err
	}
	key, err := w.Unwrap(ctx, t.Key, t.bind())
	if err != nil {
		return nil, err
	}
	defer clear(key)
	if t.Key, err = t.wrapped(ctx, w, key); err != nil {
		return nil, err
	}
	t.By = w.Name()
	out, err := json.MarshalIndent(t, "", "  ")
	return append(out, '\n'), err
}

// ReadText takes sealed text apart, strictly. It returns ErrForm.
func ReadText(text []byte) (*Text, error) {
	var t Text
	if len(text) > MaxText {
		return nil, ErrForm
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return nil, ErrForm
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || t.Format != textFormat || len(t.Key) == 0 || len(t.Sealed) < gcmNonce+gcmTag {
		return nil, ErrForm
	}
	return &t, nil
}

// bind is what both parts are bound to.
func (t *Text) bind() []byte { return []byte("gatehouse " + t.Format + "\x00" + t.Purpose) }

func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != KeyLength {
		return nil, errors.New("a key of a wrong length")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// quoted shows a name that a file holds.
func quoted(name string) string {
	if len(name) > 80 {
		name = name[:80]
	}
	b, _ := json.Marshal(name)
	return string(b)
}
