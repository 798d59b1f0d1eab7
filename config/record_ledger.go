package config

import (
	"time"
)

// Ledger is an append-only record of which nothing may be lost, and in which nothing can be changed unseen: a Merkle log with signed checkpoints, of this gate alone.
type Ledger struct {
	Place
	// Name is what the checkpoints call the ledger, and no other ledger in the world: a host and the gate's own name, without spaces.
	Name string `key:"name,required,form=ledger,example=api.example.com/gate-1"`
	// Path is its folder, of this gate alone. It is made when it is missing.
	Path File `key:"path,absent=state/ledger,example=/var/lib/gatehouse/ledger"`
	// KeepFree is how much of its disk stays free. Below it, calls that must be recorded are refused.
	KeepFree Bytes `key:"keep_free,default=256MiB,min=16MiB,max=1024GiB"`
	// Keep is how long entries stay. Older ones are deleted and cannot be read any more, not even in copies, which the ledger says of itself; their hashes stay. Without it entries stay for ever.
	Keep time.Duration `key:"keep,min=1d,max=36500d,example=400d"`
	// MaxBytes is how much entries may take on the disk. The oldest are deleted to make room, however young they are. Hashes take 33 bytes besides for each entry that ever was.
	MaxBytes Bytes `key:"max_bytes,min=64MiB,max=1024TiB,example=20GiB"`
	// Witnesses cosign the checkpoints of the ledger, every ten seconds where there are new entries: other gates, or witnesses of others. Calls do not wait for them.
	Witnesses []LedgerWitness `key:"witnesses"`
	// Quorum is how many of the witnesses must cosign a checkpoint. Without it, all must.
	Quorum int `key:"quorum,min=1,max=16,example=1"`
}

// ledgerPath is where the ledger is when nothing is said.
const ledgerPath = "state/ledger"

// Audit says which calls are recorded in the ledger, and how surely.
type Audit string

// How calls are recorded.
const (
	AuditNone    Audit = "none"
	AuditRecord  Audit = "record"  // there is room before the API is called; it is on disk within a moment
	AuditDurable Audit = "durable" // on disk before the API is called, and before the client has an answer
)

// Words returns how calls may be recorded.
func (Audit) Words() []string {
	return []string{string(AuditNone), string(AuditRecord), string(AuditDurable)}
}

// ledger holds what is said of the ledger together, and fills in where it is.
func (d *decoder) ledger(c *Config) {
	l := c.Record.Ledger
	if l != nil {
		if l.Path == "" && !l.has("path") {
			l.Path = File(d.path(ledgerPath))
		}
		d.witnesses(l)
		if !c.Trust.has("keys_file") {
			d.add("ledger-keys", l.node, "have the gate keep keys of its own: trust: {keys_file: ..., key: ...}", "the ledger is signed and sealed under keys that last, and there are none")
		}
		return
	}
	for i := range c.APIs {
		api := &c.APIs[i]
		d.unkept(api.Audit, api.Place)
		for _, name := range sortedNames(api.Operations) {
			op := api.Operations[name]
			d.unkept(op.Audit, op.Place)
		}
	}
}

// unkept finds calls that are to be recorded where there is no ledger.
func (d *decoder) unkept(a Audit, at Place) {
	if a != "" && a != AuditNone {
		d.add("audit-ledger", at.At("audit").node, "add record: {ledger: {name: api.example.com/gate-1}} at the top of the file", "there is no ledger to record calls in")
	}
}

const ledgerPattern = `^[0-9A-Za-z][0-9A-Za-z._-]*(?:/[0-9A-Za-z._-]+)*$`

var ledgerName = expression(ledgerPattern)

// judgeLedger knows the origin of a log: a name without spaces or a plus (C2SP
// signed-note and tlog-checkpoint), like a URL without its scheme.
func judgeLedger(text string) (wrong, hint string) {
	if !ledgerName().MatchString(text) {
		return quote(text) + " cannot name a ledger", "write a host and a name, as in api.example.com/gate-1"
	}
	return "", ""
}
