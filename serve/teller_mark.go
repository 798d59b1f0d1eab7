package serve

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger"
)

// marks keep how far events tell of something, in the first of some folders that
// outlive the gate; what an earlier configuration kept in another of them is found
// as well. They hold numbers and ids that chance made, which are no secret. Who can
// write to the folder can have something told again, or not at all: what nobody can
// take away stands in the ledger, whose mark is sealed.
type marks struct {
	folders []string // none: nothing is kept
	name    string
	failed  bool // which was said
}

const maxTold = 4 << 10 // bytes of a mark

// find reads the first mark that there is into at; otherwise it leaves it as it is.
func (m *marks) find(at any) {
	for _, dir := range m.folders {
		f, err := ledger.ReadFolder(dir)
		if err != nil {
			continue
		}
		text, err := f.Read(m.name, maxTold)
		f.Close()
		if err == nil && json.Unmarshal(text, at) == nil {
			return
		}
	}
}

// keep writes a mark so that it outlives a loss of power. Where that fails the gate
// goes on, and tells again after its next start.
func (m *marks) keep(at any, log *slog.Logger) {
	if len(m.folders) == 0 {
		return
	}
	text, err := json.Marshal(at)
	if err == nil {
		err = ledger.Replace(filepath.Join(m.folders[0], m.name), text)
	}
	if err != nil && !m.failed {
		log.Warn("how far events are cannot be kept: after the next start some are told again", "cause", cause(err))
	}
	m.failed = err != nil
}

// tries are those of something that is tried again while it fails, less and less
// often. The zero tries have not failed.
type tries struct {
	text string // why the last one failed; "" when it did not
	wait time.Duration
	next time.Time
}

const (
	leastTry = time.Second
	mostTry  = time.Minute
)

// now reports whether it is time to try.
func (t *tries) now(at time.Time) bool { return !at.Before(t.next) }

// had takes down how a try went, and returns what is to be said of it: "" for
// nothing new.
func (t *tries) had(err error, at time.Time) string {
	if err == nil {
		*t = tries{}
		return ""
	}
	t.wait = min(max(2*t.wait, leastTry), mostTry)
	t.next = at.Add(t.wait)
	before := t.text
	if t.text = err.Error(); t.text == before {
		return ""
	}
	return t.text
}
