package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Wait serves until ctx ends or a listener fails, and stops. Meanwhile it
// takes over changes of the files that the configuration was made of.
func (p *Program) Wait(ctx context.Context) error {
	look := make(<-chan time.Time)
	if p.config.Poll > 0 {
		t := time.NewTicker(p.config.Poll)
		defer t.Stop()
		look = t.C
	}
	var quiet <-chan time.Time // when it ends, files that changed have come to rest
	var changed []string
	for {
		select {
		case <-ctx.Done():
			return p.Stop()
		case err := <-p.failed:
			return errors.Join(err, p.Stop())
		case f := <-p.asked:
			if f(); p.handed {
				<-p.offer.ended // the other gate was told
				return p.Stop()
			}
		case <-p.config.Reload:
			p.reload("it was asked for", false)
			changed, quiet = nil, nil
		case now := <-look:
			p.reader.custody.look(p.ending, now)
			p.reader.custody.renew(p.ending, now)
			if p.reader.custody.renewed.Swap(false) {
				p.reload("the gate's own keys changed", false)
			}
			if p.reader.custody.stale.Swap(false) {
				p.reload("a secret of Vault changed", false)
			}
			if names := p.live.files.changed(); len(names) > 0 {
				changed = append(changed, names...)
				quiet = time.After(rest)
			}
		case <-quiet:
			quiet = nil
			if names := p.live.files.changed(); len(names) > 0 {
				changed = append(changed, names...)
				quiet = time.After(rest)
				continue
			}
			p.reload(because(changed), true)
			changed = nil
		}
	}
}

// rest is how long files must not have changed before they are read: several
// are often written at once, and some are written in pieces.
const rest = 50 * time.Millisecond

// because names files that have changed.
func because(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	for i := range names {
		names[i] = base(names[i])
	}
	if n := len(names) - maxNamed; n > 0 {
		names = append(names[:maxNamed], fmt.Sprintf("%d more", n))
	}
	return "files changed: " + strings.Join(names, ", ")
}

// maxNamed is how many files one line of the log names.
const maxNamed = 5

// Reload reads everything again, and reports whether that serves now. It is for
// copies of a gate, which nobody waits for: it must not run beside Wait.
func (p *Program) Reload() bool {
	before := p.turned.Load()
	p.reload("it was asked for", false)
	return p.turned.Load() == before
}

// reload reads everything again and puts it in the place of what serves, or
// says why not. With onlyChanges it does nothing when the files hold what they
// held when the live plan was made.
func (p *Program) reload(why string, onlyChanges bool) {
	if p.config.Read != nil {
		p.log.Warn("the contract was given when the program started and cannot be read again", "plan", p.count)
		return
	}
	p.tell(p.notify.Reloading)
	defer p.tell(p.notify.Ready)
	defer p.show()
	before := p.live
	d := p.reader.read()
	if d.faults.err() == nil && onlyChanges && maps.Equal(before.made, d.made) {
		p.reader.release(d)
		before.files = d.files
		if p.failing {
			p.log.Info("the configuration is again the one that serves", "plan", p.count, "because", why)
		}
		p.failing = false
		return
	}
	room, err := p.reader.book.room(1 + len(d.documents))
	if err != nil {
		d.faults.add(&fault{text: "the change cannot be on record: " + err.Error(), remedy: "make room for the ledger, or start the gate anew"})
	}
	if err := p.install(d); err != nil {
		p.failing = true
		p.turned.Add(1)
		p.refused(why, err)
		p.note(room, p.happened(gate.ReloadRefused, why, before, d))
		maps.Copy(before.files, d.files)
		return
	}
	p.failing = false
	p.taken.Add(1)
	p.note(room, p.happened(gate.Reloaded, why, before, d))
	p.log.Info("the configuration was reloaded", "plan", p.count, "because", why, "changes", changes(before, d))
	for _, w := range d.warned() {
		if text := line(w); !slices.ContainsFunc(before.warned(), func(b source.Problem) bool { return line(b) == text }) {
			p.log.Warn(text)
		}
	}
	if n := len(d.faults.problems); n > len(before.faults.problems) {
		p.log.Warn("there are more warnings than before", "warnings", n, "hint", p.config.listing()+" lists them")
	}
	debug.FreeOSMemory()
}

// changes says what is different between two configurations that served.
func changes(before, now *draft) string {
	var list []string
	add := func(what string, names []string) {
		if len(names) > 0 {
			list = append(list, what+" "+strings.Join(names, ", "))
		}
	}
	gone, come := difference(before.listeners(), now.listeners())
	add("listeners opened:", come)
	add("listeners closed:", gone)
	gone, come = difference(before.names(), now.names())
	add("APIs added:", come)
	add("APIs removed:", gone)
	gone, come = difference(before.upstreams(), now.upstreams())
	add("upstreams added:", come)
	add("upstreams removed:", gone)
	var files []string
	for name, s := range now.made {
		if was, ok := before.made[name]; ok && was != s {
			files = append(files, base(name))
		}
	}
	slices.Sort(files)
	add("files changed:", files)
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "; ")
}

// difference returns what is in one list only.
func difference(before, now []string) (gone, come []string) {
	for _, name := range before {
		if !slices.Contains(now, name) {
			gone = append(gone, name)
		}
	}
	for _, name := range now {
		if !slices.Contains(before, name) {
			come = append(come, name)
		}
	}
	return gone, come
}

func (d *draft) listeners() (list []string) {
	for i := range d.config.Listeners {
		list = append(list, d.config.Listeners[i].Address)
	}
	return list
}

func (d *draft) names() (list []string) {
	for _, a := range d.plan.APIs {
		list = append(list, a.Name)
	}
	return list
}

func (d *draft) upstreams() (list []string) {
	for i := range d.config.APIs {
		for j := range d.config.APIs[i].Upstreams {
			list = append(list, d.config.APIs[i].Upstreams[j].URL)
		}
	}
	return list
}

// refused says that what was read is not used, and everything that is wrong
// with it.
func (p *Program) refused(why string, err error) {
	p.log.Error("the changed configuration is not used, the one before serves on", "because", why, "plan", p.count)
	var problems source.Problems
	if !errors.As(err, &problems) {
		p.log.Error(err.Error())
		return
	}
	for _, q := range problems {
		level := slog.LevelError
		if q.Severity == source.Warning {
			level = slog.LevelWarn
		}
		more := []any{"at", q.Position.String(), "pointer", q.Pointer}
		if q.Hint != "" {
			more = append(more, "hint", q.Hint)
		}
		p.log.Log(context.Background(), level, q.Text, more...)
	}
}
