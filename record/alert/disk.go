package alert

import (
	"context"
	"errors"
)

// ErrDisk says that the disk of a folder does not answer.
var ErrDisk = errors.New("the disk does not answer")

// Loaded are rules with what was kept of them.
type Loaded struct {
	rules  []Rule
	folder Folder
	seen   map[string]*Seen // by the names of rules
}

// Load reads what was kept in folder of those rules that are not judged yet. What
// cannot be read is begun anew, which the log says. Where the disk does not answer
// until ctx ends, or still owes the answer to an earlier call, the error is ErrDisk
// and nothing of what was kept is known. Nothing changes before Use.
func (w *Watch) Load(ctx context.Context, rules []Rule, folder Folder) (*Loaded, error) {
	out := &Loaded{rules: rules, folder: folder}
	fresh := w.engine.fresh(rules)
	if len(fresh) == 0 {
		return out, nil
	}
	select {
	case w.reading <- struct{}{}:
	default:
		return out, ErrDisk
	}
	type answer struct {
		seen   map[string]*Seen
		failed map[string]error
	}
	read := make(chan answer, 1)
	go func() {
		defer func() { <-w.reading }()
		a := answer{map[string]*Seen{}, map[string]error{}}
		for name, identity := range fresh {
			seen, err := folder.load(name, identity)
			if err != nil {
				a.failed[name] = err
			}
			a.seen[name] = seen
		}
		read <- a
	}()
	select {
	case a := <-read:
		out.seen = a.seen
		for name, err := range a.failed {
			w.log.Error("what an alert has seen before cannot be read: it learns anew", "alert", name, "cause", err)
		}
		return out, nil
	case <-ctx.Done():
		return out, ErrDisk
	}
}

// fresh are the rules, by name and with their identity, that remember what they
// have seen and are not judged yet.
func (g *Engine) fresh(rules []Rule) map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := map[string]string{}
	for i := range rules {
		if rules[i].FirstSeen == nil {
			continue
		}
		is := identity(&rules[i])
		if old := g.find(rules[i].Name); old == nil || old.identity != is {
			list[rules[i].Name] = is
		}
	}
	return list
}

// keep has what rules have seen written down, and waits for that until ctx ends;
// not at all without waits. One goroutine at a time writes, however long its disk
// takes.
func (w *Watch) keep(ctx context.Context, waits bool) {
	if !w.turn(ctx, waits) {
		w.told(ErrDisk)
		return
	}
	folder, kept := w.folder.Load(), w.engine.changed()
	if len(kept) == 0 {
		<-w.writing
		return
	}
	done := make(chan struct{})
	go func() {
		defer func() { <-w.writing; close(done) }()
		var wrong error
		for _, k := range kept {
			if err := folder.save(k.name, k.identity, k.seen); err != nil {
				w.engine.unkept(k.name)
				wrong = err
			}
		}
		w.told(wrong)
	}()
	if !waits {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
		w.told(ErrDisk)
	}
}

// turn makes the caller the one who writes, or returns false.
func (w *Watch) turn(ctx context.Context, waits bool) bool {
	select {
	case w.writing <- struct{}{}:
		return true
	default:
	}
	if !waits { // the one before has written since a minute
		return false
	}
	select {
	case w.writing <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// told says when what was seen cannot be kept, and when it is again.
func (w *Watch) told(wrong error) {
	w.telling.Lock()
	defer w.telling.Unlock()
	switch {
	case wrong != nil && !w.failing:
		w.log.Error("what alerts have seen cannot be kept: after a restart they learn anew, until this is mended", "cause", wrong)
	case wrong == nil && w.failing:
		w.log.Info("what alerts have seen is kept again")
	}
	w.failing = wrong != nil
}
