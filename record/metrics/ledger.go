package metrics

// Ledger is how the record of calls is of which nothing may be lost; nil where
// there is none.
type Ledger struct {
	Entries, Synced           int64 // in the last checkpoint; on disk
	Room                      int64 // bytes that the disk has left
	Up                        bool  // it takes entries, and they get into checkpoints
	Recorded, Refused, Failed uint64
	Cosigned                  int64 // entries in the last checkpoint that enough witnesses cosigned
	Witnesses                 []LedgerWitness
}

// LedgerWitness is how things are with one who cosigns.
type LedgerWitness struct {
	Name    string
	Entries int64 // in the last checkpoint that it cosigned
	Up      bool  // it cosigned the last one that it was asked for
	Forked  bool  // it saw another log
}

var (
	ledgerEntries   = Definition{"gatehouse_ledger_entries", Gauge, nil, "Entries of the ledger that its last checkpoint has."}
	ledgerSynced    = Definition{"gatehouse_ledger_synced", Gauge, nil, "Entries of the ledger that are on disk."}
	ledgerRoom      = Definition{"gatehouse_ledger_free_bytes", Gauge, nil, "Bytes that the disk of the ledger has left."}
	ledgerUp        = Definition{"gatehouse_ledger_up", Gauge, nil, "1 while the ledger takes entries and they get into checkpoints; 0 is an alarm: calls that must be recorded are refused."}
	ledgerCosigned  = Definition{"gatehouse_ledger_cosigned", Gauge, nil, "Entries of the ledger that the last checkpoint has which enough witnesses cosigned; 0 without witnesses."}
	ledgerWitnessed = Definition{"gatehouse_ledger_witness_entries", Gauge, []string{"witness"}, "Entries of the ledger that the last checkpoint has which a witness cosigned."}
	ledgerWitness   = Definition{"gatehouse_ledger_witness_up", Gauge, []string{"witness"}, "1 while a witness cosigns what it is asked for."}
	ledgerForked    = Definition{"gatehouse_ledger_witness_forked", Gauge, []string{"witness"}, "1 while a witness says that it saw other entries: an alarm, the ledger was put back or rewritten."}
	ledgerCalls     = Definition{"gatehouse_ledger_calls_total", Counter, []string{"result"}, "Calls that must be recorded: recorded, refused (there was no room), failed (their end could not be written)."}
)

func (t *tally) ledger(l *Ledger) {
	t.add(&ledgerEntries, float64(l.Entries))
	t.add(&ledgerSynced, float64(l.Synced))
	t.add(&ledgerRoom, float64(l.Room))
	t.add(&ledgerUp, truth(l.Up))
	t.add(&ledgerCalls, float64(l.Recorded), "recorded")
	t.add(&ledgerCalls, float64(l.Refused), "refused")
	t.add(&ledgerCalls, float64(l.Failed), "failed")
	t.add(&ledgerCosigned, float64(l.Cosigned))
	for _, w := range l.Witnesses {
		t.add(&ledgerWitnessed, float64(w.Entries), w.Name)
		t.add(&ledgerWitness, truth(w.Up), w.Name)
		t.add(&ledgerForked, truth(w.Forked), w.Name)
	}
}
