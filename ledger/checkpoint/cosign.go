package checkpoint

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrFork says that a log does not go on from what it signed before: whoever runs
// it shows different logs to different people, or has put it back.
var ErrFork = errors.New("the log does not go on from the checkpoint that was seen before")

// Cosign returns a checkpoint of a log with one more signature, by a witness, which
// states that the log goes on from the last checkpoint that the witness saw (C2SP
// tlog-witness). Nothing seen yet is an empty last; proof is that of consistency
// between both (RFC 6962 section 2.1.2). Where the log does not go on, the error is
// ErrFork. The caller keeps what is returned as the last, before anybody else gets
// it.
func Cosign(last, text []byte, proof []tlog.Hash, log note.Verifier, by note.Signer) ([]byte, error) {
	c, err := Open(text, log)
	if err != nil {
		return nil, err
	}
	if len(last) > 0 {
		old, err := Open(last, log)
		if err != nil {
			return nil, fmt.Errorf("the checkpoint that was seen before: %w", err)
		}
		if err := goesOn(old, c, proof); err != nil {
			return nil, err
		}
	}
	n, err := note.Open(text, note.VerifierList(log))
	if err != nil {
		return nil, ErrSignature
	}
	return note.Sign(n, by)
}

func goesOn(old, c Checkpoint, proof []tlog.Hash) error {
	switch {
	case c.Size < old.Size:
		return fmt.Errorf("%w: it had %d entries and has %d", ErrFork, old.Size, c.Size)
	case c.Size == old.Size && c.Root != old.Root:
		return fmt.Errorf("%w: it has other entries", ErrFork)
	case c.Size == old.Size || old.Size == 0:
		return nil
	}
	if err := tlog.CheckTree(proof, c.Size, c.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("%w: some of the first %d entries are others", ErrFork, old.Size)
	}
	return nil
}
