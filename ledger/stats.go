package ledger

import (
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Stats are what may be known of a log that is open.
type Stats struct {
	Size     int64    // entries that the last checkpoint has
	Synced   int64    // entries that are durable: in the tree or pending
	Held     int64    // bytes that are reserved or on their way to the tree
	Free     int64    // bytes of the disk, as last measured
	Failed   bool     // the disk takes no entries
	Problem  error    // why entries do not get into the tree; nil where they do
	Repairs  []string // what Open mended, in the words of people
	Verifier string   // the public key of the log, for auditors
	// SealedBy is the version of the gate's key that seals the ledger's own: as
	// long as it is an earlier one, that one must not be destroyed. It follows a
	// rotation with the next checkpoint, and at each start.
	SealedBy seal.Version
}

// Stats returns how the log is doing.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{
		Size: l.size, Synced: l.synced, Held: l.held.Load(), Free: l.free.Load(), Failed: l.failed.Load(),
		Problem: l.problem, Repairs: l.repairs, Verifier: checkpoint.VerifierKey(l.keys.signer), SealedBy: l.keys.sealedBy(),
	}
}

// measure looks how much room the disk has. Where that cannot be told, there is
// none: what cannot be decided is refused.
func (l *Log) measure() {
	n, err := l.files.Free()
	if err != nil {
		n = 0
	}
	l.free.Store(n)
}
