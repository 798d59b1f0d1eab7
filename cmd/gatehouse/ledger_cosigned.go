package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/witness"
)

// cosigned is what stands beside a log of those who witness it.
type cosigned struct {
	Size      int64    `json:"size"`
	Witnesses []string `json:"witnesses"` // who signed, by their own word where they are not verified
	Verified  bool     `json:"verified"`  // by the keys that were given

	checkpoint checkpoint.Checkpoint
}

// cosigned reads the last checkpoint that witnesses of a log cosigned, which the
// log must go on from as from any other. nil where there is none.
func (v *ledgerVerifier) cosigned(f ledger.Files, log note.Verifier, witnesses []note.Verifier) (*cosigned, error) {
	text, err := f.Read(witness.CosignedFile, checkpoint.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		if len(witnesses) > 0 {
			return nil, &usageError{"--witness: there is no cosigned checkpoint beside the log", "name one that was kept: --since FILE"}
		}
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	c, err := checkpoint.Open(text, log, witnesses...)
	if errors.Is(err, checkpoint.ErrSignature) && len(witnesses) > 0 {
		return nil, fmt.Errorf("%s: it is not signed by the log and all of its witnesses", witness.CosignedFile)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", witness.CosignedFile, err)
	}
	names := checkpoint.Witnesses(text, c.Origin)
	if len(witnesses) > 0 {
		names = nil
		for _, w := range witnesses {
			names = append(names, w.Name())
		}
	}
	slices.Sort(names)
	return &cosigned{Size: c.Size, Witnesses: slices.Compact(names), Verified: len(witnesses) > 0, checkpoint: c}, nil
}
