package serve

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// locksmith has what is done to the gate's own keys among events and on record:
// each act, whoever does it, also while the gate did not run. Acts stand sealed
// beside the keys; how far each of the two is, a mark says by the id of an act.
type locksmith struct {
	keys  *keys.Keys
	began time.Time
	log   *slog.Logger
	turn  func(context.Context) error // returns when no other gate does the same

	to    *events
	marks marks
	told  keysMark // the last act that events tell of
	known bool

	entries *keysEntries // nil where there is no ledger

	telling, writing tries
}

// keysMark says up to which act something is.
type keysMark struct {
	ID string `json:"id"` // "" for none
}

// lookForActs is how often it is looked whether something was done to keys, which
// were read again already.
const lookForActs = time.Second

// watchKeys begins with the first configuration whose keys are kept.
func (p *Program) watchKeys(c *config.Config) {
	k := p.reader.custody.keys
	if p.smith != nil || k == nil || !k.Durable() {
		return
	}
	s := &locksmith{keys: k, began: p.reader.custody.began, log: p.log, turn: p.reader.turn(), to: p.events, marks: marksOf(c, "keys")}
	if b := p.reader.book; b != nil {
		s.entries = &keysEntries{book: b}
	}
	p.smith = s
	p.swept.Go(func() { s.run(p.ending) })
}

func (s *locksmith) run(ctx context.Context) {
	every := time.NewTicker(lookForActs)
	defer every.Stop()
	for alone := false; ; {
		if alone = alone || s.turn(ctx) == nil; alone {
			s.look(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// look tells and writes what was done since the last time.
func (s *locksmith) look(ctx context.Context) {
	list := s.acts()
	try := func(t *tries, where string, do func(context.Context, []*gate.Event) error) {
		now := time.Now()
		if !t.now(now) {
			return
		}
		err := do(ctx, list)
		if ctx.Err() != nil {
			return
		}
		if text := t.had(err, now); text != "" {
			s.log.Warn("what was done to the gate's own keys is not "+where+", which is tried again", "cause", text)
		}
	}
	if s.entries != nil {
		try(&s.writing, "on record in the ledger", s.entries.add)
	}
	try(&s.telling, "among events", s.tell)
}

// tell has events tell of what they do not yet.
func (s *locksmith) tell(ctx context.Context, list []*gate.Event) error {
	if !s.known {
		if s.known = true; len(s.marks.folders) > 0 {
			s.marks.find(&s.told)
		} else if n := len(list); n > 0 {
			s.told.ID = list[n-1].ID.String() // of what is done from now on
		}
	}
	fresh := behind(list, s.told.ID)
	if len(fresh) == 0 {
		return nil
	}
	if err := s.to.tell(ctx, fresh); err != nil {
		return err
	}
	s.told.ID = fresh[len(fresh)-1].ID.String()
	s.marks.keep(&s.told, s.log)
	return nil
}

// deeds are what those of keys are to those who read events.
var deeds = map[keys.Deed]gate.Act{keys.Made: gate.TrustMade, keys.Rotated: gate.TrustRotated, keys.Destroyed: gate.TrustDestroyed, keys.Rewrapped: gate.TrustRewrapped}

// ofKeys tells ids of acts on keys from those of changes in a store.
const ofKeys = 1 << 62

// acts are the events of what was done to the keys, the first first. Every gate
// that shares them makes the same ids of them.
func (s *locksmith) acts() (list []*gate.Event) {
	for _, a := range s.keys.Acts() {
		e := &gate.Event{Act: deeds[a.Did], ID: gate.NumberedID(a.At, ofKeys|a.Number), Time: a.At, By: a.By, On: a.On, Number: a.Number}
		if e.Act == gate.Exchanged {
			e.Act, e.Why = gate.Changed, "the gate's own keys: "+string(a.Did)
		}
		belated(e, s.began)
		list = append(list, e)
	}
	return list
}

// behind is what stands in a list behind the event of an id: all of it, where that
// one does not, since the keys were put back or it is long ago.
func behind(list []*gate.Event, id string) []*gate.Event {
	return list[1+slices.IndexFunc(list, func(e *gate.Event) bool { return e.ID.String() == id }):]
}
