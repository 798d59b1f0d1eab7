package checkpoint

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofHead = "c2sp.org/tlog-proof@v1\n"
	maxHashes = 63 // of a proof of a log of less than 2^63 entries
)

// Proof says that the entry at an index is in a log (C2SP tlog-proof).
type Proof struct {
	Index      int64
	Hashes     []tlog.Hash
	Checkpoint []byte // with its signatures
}

// Text is the proof as a file.
func (p Proof) Text() []byte {
	b := append([]byte(proofHead), "index "...)
	b = append(strconv.AppendInt(b, p.Index, 10), '\n')
	b = AppendHashes(b, p.Hashes)
	b = append(b, '\n')
	return append(b, p.Checkpoint...)
}

// AppendHashes appends the hashes of a proof, one a line.
func AppendHashes(b []byte, list []tlog.Hash) []byte {
	for _, h := range list {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return b
}

// ErrProof says that a text is no proof of the form that is known.
var ErrProof = errors.New("not a proof of a log (c2sp.org/tlog-proof@v1)")

// ParseProof reads a proof. What stands in it is to be verified.
func ParseProof(text []byte) (p Proof, err error) {
	if len(text) > 2*MaxText {
		return p, ErrProof
	}
	rest, ok := strings.CutPrefix(string(text), proofHead)
	if strings.HasPrefix(rest, "extra ") { // is not authenticated, and means nothing here
		_, rest, _ = strings.Cut(rest, "\n")
	}
	line, rest, ok2 := strings.Cut(rest, "\n")
	index, ok3 := strings.CutPrefix(line, "index ")
	if !ok || !ok2 || !ok3 {
		return p, ErrProof
	}
	if p.Index, err = parseSize(index); err != nil {
		return p, ErrProof
	}
	for {
		if line, rest, ok = strings.Cut(rest, "\n"); !ok {
			return p, ErrProof
		}
		if line == "" {
			break
		}
		h, err := parseHash(line)
		if err != nil || len(p.Hashes) == maxHashes {
			return p, ErrProof
		}
		p.Hashes = append(p.Hashes, h)
	}
	p.Checkpoint = []byte(rest)
	_, err = Unverified(p.Checkpoint)
	if err != nil {
		return p, ErrProof
	}
	return p, nil
}

// Verify returns the checkpoint in which the entry with the hash leaf stands at
// p.Index, signed by the log and by all witnesses.
func (p Proof) Verify(leaf tlog.Hash, log note.Verifier, witnesses ...note.Verifier) (Checkpoint, error) {
	c, err := Open(p.Checkpoint, log, witnesses...)
	if err != nil {
		return c, err
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, leaf); err != nil {
		return c, errors.New("the proof does not hold: the entry is not in the log there")
	}
	return c, nil
}
