package selftest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
)

// What calls may need of the database of countries, beside countries itself.
const (
	needCountryRules = "country-rules"
	needCountryLimit = "country-limit" // its name follows
)

// asksCountry returns the operations of an API whose rules ask from where a call
// comes.
func (t *test) asksCountry(i int, api *contract.Contract) map[string]bool {
	s := &t.config.APIs[i]
	if t.config.Geo == nil || len(s.Policies) == 0 {
		return nil
	}
	rules, _ := gatehouse.ReadRules(&s.Policy, s.Place, nil) // what is wrong with them was said
	return gatehouse.AsksCountry(&t.config.Callers, gatehouse.API{Options: s.Policy, Contract: api, Rules: rules, Countries: true, Place: s.Place})
}

// countryNeeds are those of an operation that countries does not decide: it would
// come before.
func (t *test) countryNeeds(own *gatehouse.Operation, asks bool) (list []string) {
	if t.config.Geo == nil || decides(own.Countries) {
		return nil
	}
	if asks {
		list = append(list, needCountryRules)
	}
	for _, name := range own.Limits {
		if l := t.config.Limits[name]; slices.Contains(l.Key, "country") {
			list = append(list, needCountryLimit+" "+name)
		}
	}
	return list
}

// countries are the rules and limits that go by the database of countries.
func (l *lister) countries() {
	c := l.t.config
	if l.t.calls.needed[needCountryRules] {
		l.add(dependency{name: "geo, for rules that ask for context.country", onFailure: string(c.Geo.OnFailure), part: partGeo, kind: countryRules(c.Geo), call: l.t.calls.by[needCountryRules]},
			"no call that was made up comes to rules that ask for it")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Limits)) {
		if need, limit := needCountryLimit+" "+name, c.Limits[name]; l.t.calls.needed[need] {
			l.add(dependency{name: "geo, for the limit " + name + ", missing: " + string(limit.Missing), part: partGeo, kind: countryLimit(&limit), call: l.t.calls.by[need]},
				"no call that was made up is counted by it")
		}
	}
}

// countryRules is how a database of countries fails for rules.
func countryRules(g *config.Geo) *kind {
	d := later503(noPolicy)
	over := func(o outcome) bool { return o.code == noPolicy }
	if g.OnFailure == config.FailOpen {
		d = declaration{words: "what rules say of a call whose country nobody knows", decided: true}
		over = func(outcome) bool { return false }
	}
	return &kind{ways: []way{absent, garbage, gone, stale}, says: map[way]declaration{
		absent: d, garbage: d, gone: goesOn("the last good database goes on for max_stale", steady), stale: d.found(broken(until(over))),
	}}
}

const (
	noPolicy     = "policy-unavailable"
	policyDenied = "policy-denied"
)

// countryLimit is how one fails for a limit.
func countryLimit(l *config.Limit) *kind {
	d := declaration{words: comes, passes: true}
	if l.Missing == config.MissingRefuse {
		d = declaration{words: "429 limit-exceeded", status: []int{429}, codes: []string{"limit-exceeded"}}
	}
	return &kind{ways: []way{absent, garbage, gone, stale}, says: map[way]declaration{
		absent: d, garbage: d, gone: goesOn("the last good database goes on for max_stale", steady), stale: d.found(broken(d.until())),
	}}
}

// until waits for as long as anything that was read holds.
func until(over func(outcome) bool) probe {
	return func(ctx context.Context, c *copied, w *witness) (outcome, error) {
		return c.watch(ctx, w, 4*holds, over)
	}
}

// judged reports whether rules said what becomes of a call.
func (o outcome) judged() bool { return o.reached || o.code == policyDenied }

// counts reports whether an answer tells of a limit.
func counts(field, name string) bool { return strings.Contains(field, `"`+name+`";r=`) }
