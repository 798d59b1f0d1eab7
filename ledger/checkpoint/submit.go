package checkpoint

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxProof bounds the hashes of a proof of consistency (C2SP tlog-witness).
const maxProof = 63

// MaxSubmission bounds the text of a submission, in bytes.
const MaxSubmission = MaxText + 8<<10

// Submission is what a log sends to a witness (C2SP tlog-witness,
// "add-checkpoint"): a checkpoint, and the proof that it goes on from what the log
// was with Old entries.
type Submission struct {
	Old        int64
	Proof      []tlog.Hash
	Checkpoint []byte
}

// Text is the submission as it is sent.
func (s Submission) Text() []byte {
	b := append(strconv.AppendInt([]byte("old "), s.Old, 10), '\n')
	for _, h := range s.Proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), s.Checkpoint...)
}

// ParseSubmission reads one. The checkpoint is not looked at.
func ParseSubmission(text []byte) (s Submission, err error) {
	head, rest, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok || len(text) > MaxSubmission {
		return s, ErrForm
	}
	first, lines, more := strings.Cut(string(head), "\n")
	size, ok := strings.CutPrefix(first, "old ")
	if !ok {
		return s, ErrForm
	}
	if s.Old, err = parseSize(size); err != nil {
		return s, err
	}
	if more {
		for line := range strings.SplitSeq(lines, "\n") {
			h, err := parseHash(line)
			if err != nil || len(s.Proof) == maxProof {
				return s, ErrForm
			}
			s.Proof = append(s.Proof, h)
		}
	}
	s.Checkpoint = rest
	return s, nil
}

// Cosignature returns the lines by which a witness answers: its signature of a
// checkpoint that it found good.
func Cosignature(text []byte, log note.Verifier, by note.Signer) ([]byte, error) {
	n, err := note.Open(text, note.VerifierList(log))
	if err != nil {
		return nil, ErrSignature
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, by)
	if err != nil {
		return nil, err
	}
	return signed[len(n.Text)+1:], nil
}

// Gather adds to a checkpoint what a witness answered. What is not a cosignature
// of that witness is left out (C2SP tlog-witness: those of unknown keys are
// ignored); where nothing is left, it is ErrSignature.
func Gather(text, answer []byte, log, witness note.Verifier) ([]byte, error) {
	if len(text)+len(answer) > MaxText {
		return nil, ErrForm
	}
	n, err := note.Open(append(text[:len(text):len(text)], answer...), note.VerifierList(log, witness))
	if err != nil {
		return nil, ErrSignature
	}
	if !signed(n, witness) || !signed(n, log) {
		return nil, ErrSignature
	}
	// Others that stand in text already are kept, as they are.
	before, err := note.Open(text, note.VerifierList(log))
	if err != nil {
		return nil, ErrSignature
	}
	for _, s := range n.Sigs {
		if s.Name == witness.Name() && s.Hash == witness.KeyHash() {
			before.UnverifiedSigs = append(before.UnverifiedSigs, s)
		}
	}
	return note.Sign(before)
}

// Witnesses are the names in the signatures of a checkpoint that are not the log's,
// whoever they are: nothing is verified.
func Witnesses(text []byte, origin string) (names []string) {
	_, lines, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(lines) {
		rest, ok := strings.CutPrefix(line, "— ")
		name, _, ok2 := strings.Cut(rest, " ")
		if ok && ok2 && name != origin && CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names
}
