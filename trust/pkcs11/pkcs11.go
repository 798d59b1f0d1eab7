// Package pkcs11 wraps keys with a key in a hardware module, which never leaves
// it. The module's library is native code of its maker: a program of its own,
// gatehouse-pkcs11, loads it and is started for each call, so that the gate stays
// one static binary and a library that crashes or hangs takes nothing with it.
// Package serve makes its wrapper from the configuration; it knows neither the
// configuration nor what is wrapped.
package pkcs11

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Options say which key of which token, and what loads the library.
type Options struct {
	Helper      string // the program gatehouse-pkcs11; beside this one when empty
	Module      string // the library
	Token       string // its label
	PIN         trust.Secret
	Key         string   // its label
	Environment []string // names of variables that the library needs
}

// HelperName is what the program is called.
const HelperName = "gatehouse-pkcs11"

// timeout is how long the module may take for one key.
const timeout = 15 * time.Second

// New returns what wraps keys. Nothing is started yet.
func New(o Options) (wrap.Wrapper, error) {
	if o.Helper == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, &wrap.Error{Who: "pkcs11", Text: "the program " + HelperName + " cannot be found", Hint: "name it in helper"}
		}
		o.Helper = filepath.Join(filepath.Dir(self), HelperName)
	}
	return &module{o}, nil
}

type module struct{ options Options }

func (m *module) Name() string { return "pkcs11 " + m.options.Token + "/" + m.options.Key }

func (m *module) Wrap(ctx context.Context, key, ad []byte) ([]byte, error) {
	return m.ask(ctx, Request{Do: Wrap, Text: key, AD: ad})
}

func (m *module) Unwrap(ctx context.Context, wrapped, ad []byte) ([]byte, error) {
	key, err := m.ask(ctx, Request{Do: Unwrap, Text: wrapped, AD: ad})
	if err == nil && len(key) != wrap.KeyLength {
		return nil, m.wrong("it opens the wrapped key as something that is no key", "")
	}
	return key, err
}

// ask starts the program with one request.
func (m *module) ask(ctx context.Context, r Request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r.Module, r.Token, r.PIN, r.Key = m.options.Module, m.options.Token, m.options.PIN.Reveal(), m.options.Key
	in, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	defer clear(in)
	var out bounded
	cmd := exec.CommandContext(ctx, m.options.Helper)
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = bytes.NewReader(in), &out, time.Second
	cmd.Env = []string{}
	for _, name := range m.options.Environment {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	err = cmd.Run()
	var path *fs.PathError
	switch {
	case ctx.Err() != nil:
		return nil, &wrap.Error{Who: m.Name(), Text: "the module does not answer in time", Down: true}
	case errors.As(err, &path), errors.Is(err, exec.ErrNotFound):
		return nil, m.wrong("the program "+m.options.Helper+" cannot be started", "install gatehouse-pkcs11 beside gatehouse, or name it in helper")
	}
	a, ok := readAnswer(out.text)
	switch {
	case err != nil || !ok:
		return nil, &wrap.Error{Who: m.Name(), Text: "the library of the module ended without an answer", Down: true}
	case a.Wrong != "":
		return nil, &wrap.Error{Who: m.Name(), Text: a.Wrong, Hint: a.Hint, Down: a.Down}
	}
	return a.Text, nil
}

func (m *module) wrong(text, hint string) error {
	return &wrap.Error{Who: m.Name(), Text: text, Hint: hint}
}

// bounded keeps the first bytes that are written.
type bounded struct{ text []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), MaxMessage+1-len(b.text))]...)
	return len(p), nil
}

// The requests.
const (
	Wrap   = "wrap"
	Unwrap = "unwrap"
	Make   = "make" // makes the key in the token
)

// MaxMessage bounds a request and an answer.
const MaxMessage = 64 << 10

// Request is what the program is asked, as one JSON text on standard input.
type Request struct {
	Do     string
	Module string
	Token  string
	PIN    string
	Key    string
	Text   []byte
	AD     []byte
}

// Answer is what it says, as one JSON text on standard output.
type Answer struct {
	Text  []byte
	Wrong string // what went wrong, in fixed words
	Hint  string
	Down  bool // later it may go
}

func readAnswer(text []byte) (a Answer, ok bool) {
	return a, len(text) <= MaxMessage && json.Unmarshal(text, &a) == nil
}

// Serve answers one request with f: it is the program but for the library.
func Serve(in io.Reader, out io.Writer, f func(Request) Answer) error {
	text, err := io.ReadAll(io.LimitReader(in, MaxMessage+1))
	defer clear(text)
	var r Request
	if err != nil || len(text) > MaxMessage || json.Unmarshal(text, &r) != nil {
		return errors.New("standard input holds no request of gatehouse")
	}
	return json.NewEncoder(out).Encode(f(r))
}
