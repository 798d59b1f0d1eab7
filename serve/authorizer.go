package serve

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/wire/authorizer"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// What proxies that ask do not show the gate, in the words of unchecked.
const (
	theAnswer = "answer"
	theBody   = "body"
)

// askerSettings are those of a listener for proxies that ask.
func askerSettings(l *config.Listener) authorizer.Settings {
	a := l.Authorizer
	s := authorizer.Settings{Protocol: authorizer.Protocol(a.Protocol), Prefix: a.PathPrefix, Body: a.Body}
	for i := range a.APIs {
		s.APIs = append(s.APIs, a.APIs[i].Name)
	}
	return s
}

// asks is what takes the exchanges of a door in the place of the gate; nil for
// the gate itself.
func (d *door) asks() session.Asker {
	if d.asker == nil {
		return nil
	}
	return d.asker
}

// askerKind is how proxies ask at a listener, "" where clients call: it cannot
// change while the door is open.
func askerKind(l *config.Listener) config.Asking {
	if l.Authorizer == nil {
		return ""
	}
	return l.Authorizer.Protocol
}

// asksAboutWords say for the banner that no call passes here.
func asksAboutWords(l *config.Listener) string {
	if l.Authorizer == nil {
		return ""
	}
	return ", which answers " + string(l.Authorizer.Protocol) + " about " + strings.Join(askerSettings(l).APIs, ", ")
}

// askers holds what proxies ask about to what they show of it: an operation of
// which a part would not be judged is an error, unless that is said.
func (d *draft) askers() {
	for i := range d.config.Listeners {
		a := d.config.Listeners[i].Authorizer
		if a == nil {
			continue
		}
		for j := range a.APIs {
			d.askedAbout(a, &a.APIs[j])
		}
	}
}

// askedAbout judges one API about which proxies ask.
func (d *draft) askedAbout(a *config.Authorizer, about *config.AskedAPI) {
	var known []string
	for i := range d.apis {
		g := &d.apis[i]
		if g.contract == nil {
			return // that was said
		}
		name := gatehouse.NameOf(&g.settings.Policy, g.contract)
		if known = append(known, name); name != about.Name {
			continue
		}
		d.faults.problems = append(d.faults.problems, unjudged(a, about, g.contract)...)
		if g.settings.CORS != nil {
			d.faults.problems = append(d.faults.problems, g.settings.CORS.Place.Warning("have the proxy answer preflights and add the fields",
				"pages of other origins cannot call %s by way of a proxy that only asks: the gate sees no answer", name))
		}
		return
	}
	d.faults.problems = append(d.faults.problems, about.Place.At("name").Problem(source.DidYouMean("the APIs are "+strings.Join(known, ", "), about.Name, known...), "there is no API %q", about.Name))
}

// unjudged finds what a proxy does not show and nobody said to leave unjudged.
func unjudged(a *config.Authorizer, about *config.AskedAPI, c *contract.Contract) (problems source.Problems) {
	unseen := map[string]func(*contract.Operation) bool{
		theAnswer: func(*contract.Operation) bool { return true },
		theBody:   func(op *contract.Operation) bool { return op.Body != nil && !a.Body },
	}
	for _, what := range []string{theAnswer, theBody} {
		var open []string
		for _, op := range c.Operations {
			if unseen[what](op) && !lets(about, what, op) {
				open = append(open, op.Name())
			}
		}
		if len(open) > 0 {
			problems = append(problems, about.Place.Problem("say so, for all of the API: unchecked: ["+what+"]; or for single operations under operations; or have the gate itself forward the calls",
				"by %s the gate does not see the %s of %s, which the contract describes", a.Protocol, map[string]string{theAnswer: "answers", theBody: "bodies"}[what], several(open)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(about.Operations)) {
		if !slices.ContainsFunc(c.Operations, func(op *contract.Operation) bool { return gatehouse.Names(op, name) }) {
			var known []string
			for _, op := range c.Operations {
				known = append(known, op.Name())
			}
			problems = append(problems, about.Place.At("operations", name).Problem(source.DidYouMean("write an operationId, or as in \"GET /pets/{id}\"", name, known...), "the contract has no operation %q", name))
		}
	}
	return problems
}

// lets reports whether a part of an operation is said not to be judged.
func lets(about *config.AskedAPI, what string, op *contract.Operation) bool {
	if slices.Contains(about.Unchecked, what) {
		return true
	}
	for name, own := range about.Operations {
		if slices.Contains(own.Unchecked, what) && gatehouse.Names(op, name) {
			return true
		}
	}
	return false
}

// several names the first of some operations.
func several(list []string) string {
	const most = 3
	if len(list) > most {
		return strings.Join(list[:most], ", ") + " and others"
	}
	return strings.Join(list, ", ")
}

// unchecked finds what is said not to be judged where proxies ask.
func (l *loosenings) unchecked(listeners []config.Listener) {
	words := map[string]string{theAnswer: "what %s answers", theBody: "the bodies of calls to %s"}
	add := func(at config.Place, what []string, whose string, asking config.Asking) {
		for _, w := range what {
			l.add(at.At("unchecked"), "UNCHECKED: where "+string(asking)+" asks, nobody judges "+words[w], whose)
		}
	}
	for i := range listeners {
		a := listeners[i].Authorizer
		if a == nil {
			continue
		}
		for j := range a.APIs {
			about := &a.APIs[j]
			add(about.Place, about.Unchecked, about.Name, a.Protocol)
			for _, name := range slices.Sorted(maps.Keys(about.Operations)) {
				own := about.Operations[name]
				add(own.Place, own.Unchecked, name, a.Protocol)
			}
		}
	}
}
