package gatehouse

import (
	"maps"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/inspect"
	"github.com/gatehouse-api/gatehouse/guard/request"
)

// inspects returns how the texts of the API are inspected; nil where none of
// its operations is.
func (b *builder) inspects() *inspect.Rules {
	o := inspect.Options{Patterns: b.options.Patterns}
	add := func(fields map[string]config.TextField, op *contract.Operation, at config.Place) {
		for _, name := range sorted(fields) {
			o.Settings = append(o.Settings, inspect.Setting{Name: name, Word: string(fields[name]), Operation: op, Place: at.At("inspect", "fields", name)})
		}
	}
	add(b.options.Inspect.Fields, nil, b.place)
	wanted := false
	for _, op := range b.contract.Operations {
		own, name := of(&b.options, op)
		add(own.Inspect.Fields, op, b.place.At("operations", name))
		set := settle(&b.options, op)
		wanted = wanted || !set.uninspected()
	}
	if !wanted {
		return nil
	}
	return inspect.New(b.contract, o)
}

// uninspected reports that nobody looks for attacks.
func (s *settled) uninspected() bool { return s.Inspect.Mode == config.InspectOff }

// inspect looks for attacks in what the contract lets pass.
func (b *builder) inspect(op *contract.Operation, set *settled, _ gate.Mode) any {
	if b.inspected == nil || set.uninspected() {
		return nil
	}
	return b.inspected.Guard(op, tuning(&set.Inspect))
}

// tuning translates.
func tuning(i *config.Inspect) *inspect.Tuning {
	t := &i.Thresholds
	scores := map[string]uint8{}
	for word, score := range map[config.TextField]int{
		config.TextUnknown: t.Unknown, config.TextFree: t.FreeText, config.TextName: t.Name, config.TextIdentifier: t.Identifier, config.TextURL: t.URL,
		config.TextFilename: t.Filename, config.TextEmail: t.Email, config.TextSearch: t.Search, config.TextMarkup: t.Markup,
	} {
		if score != 0 {
			scores[string(word)] = uint8(score)
		}
	}
	return &inspect.Tuning{Thresholds: scores, Except: i.Except}
}

// settleInspect lays an operation's own words over those of its API.
func (s *settled) settleInspect(own *config.Inspect) {
	at := &s.Inspect
	over(&at.Mode, own.Mode)
	if own.Except != nil {
		at.Except = own.Except
	}
	t, o := &at.Thresholds, &own.Thresholds
	for _, pair := range [...]struct {
		at  *int
		own int
	}{
		{&t.Unknown, o.Unknown}, {&t.FreeText, o.FreeText}, {&t.Name, o.Name}, {&t.Identifier, o.Identifier}, {&t.URL, o.URL},
		{&t.Filename, o.Filename}, {&t.Email, o.Email}, {&t.Search, o.Search}, {&t.Markup, o.Markup},
	} {
		over(pair.at, pair.own)
	}
}

// inspectModes are modes with the one that inspect itself says: it stands for
// modes.inspect.
func inspectModes(modes map[string]config.Mode, i *config.Inspect) map[string]config.Mode {
	if i.Mode == "" || i.Mode == config.InspectOff {
		return modes
	}
	own := maps.Clone(modes)
	if own == nil {
		own = make(map[string]config.Mode)
	}
	own["inspect"] = config.Mode(i.Mode)
	return own
}

// InspectedText is one place at which text may stand in calls of an operation,
// and what becomes of it.
type InspectedText = inspect.Text

// InspectedTexts are those of one operation.
type InspectedTexts struct {
	Operation string          `json:"operation"`
	Mode      string          `json:"mode"` // "enforce", "observe", "off"
	Texts     []InspectedText `json:"texts"`
}

// Texts says of each text of an API as what it is searched for attacks, and why
// it is not; nil is the zero Options.
func Texts(c *contract.Contract, o *Options) (list []InspectedTexts) {
	if o == nil {
		o = &Options{}
	}
	b := &builder{contract: c, options: *o}
	rules := b.inspects()
	for _, op := range c.Operations {
		set := settle(o, op)
		one := InspectedTexts{Operation: op.Name(), Mode: set.mode("inspect", false).String(), Texts: []InspectedText{}}
		if rules == nil || set.uninspected() {
			one.Mode = "off"
		} else {
			t := tuning(&set.Inspect)
			t.Streams = int64(set.MaxBodyBytes) > request.MostHeard
			one.Texts = append(one.Texts, rules.Texts(c, op, t)...)
		}
		list = append(list, one)
	}
	return list
}

// CoreRules judges whole requests by rules that the gate does not know.
type CoreRules interface {
	gate.HeadGuard
	gate.BodyGuard
}

// coreRules is the same guard for all operations of the API.
func (b *builder) coreRules(*contract.Operation, *settled, gate.Mode) any {
	if b.crs == nil {
		return nil
	}
	return b.crs
}
