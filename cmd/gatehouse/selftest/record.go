package selftest

import (
	"path/filepath"

	"github.com/gatehouse-api/gatehouse/config"
)

// record has a copy keep what it writes to itself, and tell nobody of its calls.
func (c *copied) record(s *config.Record) {
	s.Events, s.Sinks, s.Alerts, s.OTLP = "none", nil, nil, nil
	s.SinksFolder = config.File(filepath.Join(c.folder, "sinks"))
	s.AlertsFolder = config.File(filepath.Join(c.folder, "alerts"))
	if s.Ledger != nil { // that of the gate has one writer
		own := *s.Ledger
		own.Path = config.File(filepath.Join(c.folder, "ledger"))
		s.Ledger = &own
	}
	if s.Archive != nil {
		own := *s.Archive
		own.Path = config.File(filepath.Join(c.folder, "archive"))
		s.Archive = &own
	}
	if s.Pseudonyms != nil { // by a key of the copy
		s.Pseudonyms = &config.Pseudonyms{Place: s.Pseudonyms.Place, Addresses: s.Pseudonyms.Addresses}
	}
}
