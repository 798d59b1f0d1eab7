// Package checkpoint is what a log signs: its size and its root as a signed note
// (C2SP tlog-checkpoint, signed-note), what witnesses add to it (C2SP
// tlog-cosignature) and the proof that an entry is in it (C2SP tlog-proof). Package
// ledger and the command import it; it knows no file and no tile.
package checkpoint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxText bounds the text of a checkpoint with its signatures, in bytes.
const MaxText = 64 << 10

// MaxName bounds the name of a log or of a witness, in bytes.
const MaxName = 200

// Checkpoint is the state of a log: Root is the hash of its first Size entries.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Errors of reading. They hold nothing of what was read.
var (
	ErrForm      = errors.New("not a checkpoint")
	ErrSignature = errors.New("the checkpoint is not signed by the key that was given")
)

// CheckName says whether a name may stand in keys and signatures (C2SP
// signed-note: not empty, no Unicode space, no plus).
func CheckName(name string) error {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("a name has 1 to %d bytes and neither spaces nor plus signs", MaxName)
	}
	return nil
}

// Text is what is signed (C2SP tlog-checkpoint, "Note text").
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// Sign returns the checkpoint with signatures.
func (c Checkpoint) Sign(by ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, by...)
}

// Open reads a checkpoint that all of the verifiers in by have signed: the log
// itself, and witnesses. The name of the first is its origin. Lines of others are
// left out of account.
func Open(text []byte, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, error) {
	if len(text) > MaxText {
		return Checkpoint{}, ErrForm
	}
	n, err := note.Open(text, note.VerifierList(append(witnesses[:len(witnesses):len(witnesses)], log)...))
	var unverified *note.UnverifiedNoteError
	if errors.As(err, &unverified) {
		return Checkpoint{}, ErrSignature
	} else if err != nil {
		if _, formErr := Unverified(text); formErr == nil {
			return Checkpoint{}, ErrSignature
		}
		return Checkpoint{}, ErrForm
	}
	c, err := parse(n.Text)
	if err != nil {
		return c, err
	}
	if c.Origin != log.Name() || !signed(n, log) {
		return Checkpoint{}, ErrSignature
	}
	for _, w := range witnesses {
		if !signed(n, w) {
			return Checkpoint{}, ErrSignature
		}
	}
	return c, nil
}

// signed reports whether a verifier is among those whose signatures hold. Package
// note takes bits behind the end of a signature for nothing (RFC 4648 section 3.5),
// where somebody could change a byte unseen.
func signed(n *note.Note, by note.Verifier) bool {
	for _, s := range n.Sigs {
		if s.Name == by.Name() && s.Hash == by.KeyHash() {
			_, err := base64.StdEncoding.Strict().DecodeString(s.Base64)
			return err == nil
		}
	}
	return false
}

// Unverified reads a checkpoint whoever signed it: for what is only shown, and
// to say what a checkpoint that is not accepted would be.
func Unverified(text []byte) (Checkpoint, error) {
	if len(text) > MaxText {
		return Checkpoint{}, ErrForm
	}
	var unverified *note.UnverifiedNoteError
	if _, err := note.Open(text, note.VerifierList()); !errors.As(err, &unverified) {
		return Checkpoint{}, ErrForm
	}
	return parse(unverified.Note.Text)
}

func parse(text string) (c Checkpoint, err error) {
	origin, rest, ok := strings.Cut(text, "\n")
	size, rest, ok2 := strings.Cut(rest, "\n")
	root, more, ok3 := strings.Cut(rest, "\n")
	if !ok || !ok2 || !ok3 || CheckName(origin) != nil || strings.HasPrefix(more, "\n") || strings.Contains(more, "\n\n") || (more != "" && !strings.HasSuffix(more, "\n")) {
		return c, ErrForm
	}
	c.Origin = origin
	if c.Size, err = parseSize(size); err != nil {
		return c, ErrForm
	}
	if c.Root, err = parseHash(root); err != nil {
		return c, ErrForm
	}
	return c, nil
}

// parseSize reads a number without zeroes in front.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, ErrForm
	}
	return n, nil
}

func parseHash(s string) (h tlog.Hash, err error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != len(h) || base64.StdEncoding.EncodeToString(b) != s {
		return h, ErrForm
	}
	return tlog.Hash(b), nil
}
