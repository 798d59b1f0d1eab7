package serve

import (
	"encoding/hex"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/journal"
	"github.com/gatehouse-api/gatehouse/store"
)

// happened is what happened to the gate now: with the digest of the gatehouse.yaml
// that serves since, or does not, and those of files of contracts that came with
// it.
func (p *Program) happened(act gate.Act, why string, before, now *draft) (list []*gate.Event) {
	at := time.Now()
	add := func(act gate.Act, on, why string) {
		list = append(list, &gate.Event{Act: act, ID: gate.NewID(at), Time: at, On: on, Why: why, Number: int64(p.count)})
	}
	add(act, now.digest(p.config.File), why)
	if act == gate.ReloadRefused {
		return list
	}
	for _, name := range now.documents {
		if digest := now.digest(name); digest != "" && (before == nil || before.digest(name) != digest) {
			add(gate.Adopted, base(name)+" "+digest, "")
		}
	}
	return list
}

// digest is that of a file of a draft as it was read; "" where there is none.
func (d *draft) digest(name string) string {
	s, ok := d.made[name]
	if !ok { // of a draft with a mistake in it
		s = d.files[name].sum
	}
	if s == (sum{}) {
		return ""
	}
	return "sha256:" + hex.EncodeToString(s[:])
}

// note writes down what happened to the gate, and into the ledger what came with
// it, in the room that was held for it; nil for none.
func (p *Program) note(in *journal.Notes, list []*gate.Event) {
	p.events.Record(list[0])
	p.reader.book.notes(in, list)
}

// changeActs are what operations of the store's journal are to those who read
// events.
var changeActs = map[string]gate.Act{
	"add key": gate.KeyMade, "replace key": gate.KeyReplaced, "revoke key": gate.KeyRevoked, "revoke": gate.Revoked,
	"seal anew": gate.Resealed, "keep owners": gate.OwnersKept, "forget owners": gate.OwnersForgotten, "purge owners": gate.OwnersForgotten,
	"restore": gate.Restored,
}

// changeEvent is a change that somebody made in the store. Every gate on the
// store writes it down, with the same id.
func changeEvent(c *store.Change) *gate.Event {
	e := &gate.Event{Act: changeActs[c.Operation], ID: gate.NumberedID(c.At, c.Number), Time: c.At, By: c.By, On: c.On, Number: c.Number}
	if e.Act == gate.Exchanged {
		e.Act, e.Why = gate.Changed, c.Operation
	}
	return e
}

// belated says of a change that was made before the gate began, at a time, when it came
// to be known.
func belated(e *gate.Event, began time.Time) {
	if e.Time.Before(began) {
		e.TakenUp = time.Now()
	}
}

// changesAtOnce is how many changes are read from the store at a time.
const changesAtOnce = 64
