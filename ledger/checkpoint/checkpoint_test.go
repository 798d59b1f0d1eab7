package checkpoint

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
}

func makeLog(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	s, err := NewSigner("gate.example/n1", key('a'))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(VerifierKey(s))
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

var at = time.Unix(1679315147, 0)

func makeWitness(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	s, err := NewWitness("witness.example/w1", key('b'), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(VerifierKey(s))
	if err != nil || !IsWitness(v) {
		t.Fatal(v, err)
	}
	return s, v
}

// TestOthersRead has the note package of the Go project read what is signed here.
func TestOthersRead(t *testing.T) {
	s, _ := makeLog(t)
	theirs, err := note.NewVerifier(VerifierKey(s))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Checkpoint{"gate.example/n1", 7, tlog.RecordHash(nil)}.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(text, note.VerifierList(theirs)); err != nil || len(n.Sigs) != 1 {
		t.Errorf("%v, %v", n, err)
	}
}

// TestCosignature reads the example of C2SP tlog-cosignature's form: the time
// stands in front of the signature and is signed.
func TestCosignature(t *testing.T) {
	s, v := makeLog(t)
	w, wv := makeWitness(t)
	c := Checkpoint{"gate.example/n1", 7, tlog.RecordHash(nil)}
	text, err := c.Sign(s, w)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(text, v, wv); err != nil || got != c {
		t.Fatalf("%+v, %v", got, err)
	}
	plain := "cosignature/v1\ntime 1679315147\n" + c.Text()
	sig, err := w.Sign([]byte(c.Text()))
	if err != nil || !ed25519.Verify(key('b').Public().(ed25519.PublicKey), []byte(plain), sig[8:]) {
		t.Errorf("what is signed is not what the specification says (%v)", err)
	}
	at = at.Add(time.Second)
	other, _ := w.Sign([]byte(c.Text()))
	copy(other[8:], sig[8:])
	if wv.Verify([]byte(c.Text()), other) {
		t.Error("the time of a cosignature can be changed")
	}
	alone, _ := c.Sign(s)
	if _, err := Open(alone, v, wv); !errors.Is(err, ErrSignature) {
		t.Errorf("a checkpoint passes without its witness: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	s, v := makeLog(t)
	c := Checkpoint{"gate.example/n1", 7, tlog.RecordHash(nil)}
	good, _ := c.Sign(s)
	stranger, _ := NewSigner("gate.example/n1", key('c'))
	foreign, _ := c.Sign(stranger)
	elsewhere, _ := Checkpoint{"gate.example/n2", 7, c.Root}.Sign(s)
	for name, text := range map[string]string{
		"nothing": "", "a-stranger": string(foreign), "another-origin": string(elsewhere),
		"another-size": strings.Replace(string(good), "\n7\n", "\n8\n", 1), "no-signature": c.Text() + "\n",
		"zeroes": signText(t, s, strings.Replace(c.Text(), "\n7\n", "\n07\n", 1)), "minus": signText(t, s, strings.Replace(c.Text(), "\n7\n", "\n-7\n", 1)),
		"two-lines": signText(t, s, "gate.example/n1\n7\n"),
	} {
		if got, err := Open([]byte(text), v); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	if got, err := Open([]byte(signText(t, s, c.Text()+"an extension\n")), v); err != nil || got != c {
		t.Errorf("a line more: %+v, %v", got, err)
	}
}

func signText(t *testing.T, s note.Signer, text string) string {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestKeysAreRefused(t *testing.T) {
	s, _ := makeLog(t)
	good := VerifierKey(s)
	for _, bad := range []string{"", "a+b+c", good[:len(good)-4], "x" + good, strings.Replace(good, "n1", "n2", 1)} {
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", strings.Repeat("a", MaxName+1)} {
		if _, err := NewSigner(name, key('a')); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(text, "aaaa") || strings.Contains(text, "97 97") {
		t.Error("a signer prints its key")
	}
}

func TestProof(t *testing.T) {
	s, v := makeLog(t)
	leaves := []tlog.Hash{tlog.RecordHash([]byte("a")), tlog.RecordHash([]byte("b"))}
	text, _ := Checkpoint{"gate.example/n1", 2, tlog.NodeHash(leaves[0], leaves[1])}.Sign(s)
	p, err := ParseProof(Proof{1, leaves[:1], text}.Text())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(leaves[1], v); err != nil {
		t.Error(err)
	}
	if _, err := p.Verify(leaves[0], v); err == nil {
		t.Error("the proof holds for another entry")
	}
	with := strings.Replace(string(p.Text()), "index", "extra YQ==\nindex", 1)
	if q, err := ParseProof([]byte(with)); err != nil || q.Index != 1 {
		t.Errorf("extra data: %+v, %v", q, err)
	}
}

func FuzzOpen(f *testing.F) {
	s, _ := NewSigner("gate.example/n1", key('a'))
	v, _ := NewVerifier(VerifierKey(s))
	text, _ := Checkpoint{"gate.example/n1", 7, tlog.RecordHash(nil)}.Sign(s)
	f.Add(text)
	f.Add([]byte("a\n1\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Open(b, v); err == nil && !strings.HasPrefix(string(b), c.Text()) {
			t.Errorf("%q was read as %+v", b, c)
		}
		Unverified(b)
	})
}

func FuzzParseProof(f *testing.F) {
	s, _ := NewSigner("gate.example/n1", key('a'))
	text, _ := Checkpoint{"gate.example/n1", 2, tlog.RecordHash(nil)}.Sign(s)
	f.Add(Proof{1, []tlog.Hash{tlog.RecordHash(nil)}, text}.Text())
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParseProof(b); err == nil && !strings.Contains(string(b), "\nextra ") && string(p.Text()) != string(b) {
			t.Errorf("%q was read as %q", b, p.Text())
		}
	})
}

func FuzzNewVerifier(f *testing.F) {
	s, _ := NewSigner("gate.example/n1", key('a'))
	f.Add(VerifierKey(s))
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := NewVerifier(text); err == nil && CheckName(v.Name()) != nil {
			t.Errorf("%q names %q", text, v.Name())
		}
	})
}
