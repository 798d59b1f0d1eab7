package serve

import (
	"errors"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/feed"
)

// feeds finds what is wrong with the files of lists and of the database of
// countries. They may come later, and until then there is a rule of what becomes
// of calls, so that it is a warning; servers are not asked.
func (d *draft) feeds() {
	for i := range d.config.Feeds {
		l := &d.config.Feeds[i]
		if l.File != "" && l.Found != config.URLAllow {
			d.feed(listKey(l), l.At("file"), l.OnFailure, "calls that reach this list")
		}
	}
	if g := d.config.Geo; g != nil {
		d.feed(geoKey(g), g.At("database"), g.OnFailure, "calls that countries decide")
	}
}

func (d *draft) feed(k feedKey, at config.Place, failing config.OnFailure, calls string) {
	err := feed.Check(k.options(nil))
	var t *feed.Trouble
	if !errors.As(err, &t) {
		return
	}
	until := ""
	if !t.Used {
		until = "; until then " + calls + " get 503"
		if failing == config.FailOpen {
			until = "; until then " + calls + " pass"
		}
	}
	d.faults.problems = append(d.faults.problems, at.Warning(t.Hint+until, "%s: %s", k.file, t.Error()))
}
