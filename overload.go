package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/overload"
)

// Overload refuses calls of an API while there is too much to do. What it knows
// outlives plans.
type Overload struct {
	Gate        *overload.Gate
	Limit       *overload.Limit            // of the API
	Roles       map[string]config.Priority // that callers' roles give calls
	Credentials map[string]config.Priority // and the credentials that vouch for callers
}

var overloadClasses = map[config.Priority]overload.Class{
	"": overload.Normal, config.LowPriority: overload.Low, config.NormalPriority: overload.Normal,
	config.HighPriority: overload.High, config.CriticalPriority: overload.Critical,
}

// priorities are those of callers, in the words of the plan.
func (b *builder) priorities(o *Overload) *overload.Callers {
	translate := func(said map[string]config.Priority) map[string]overload.Class {
		m := make(map[string]overload.Class, len(said))
		for name, p := range said {
			m[name] = overloadClasses[p]
		}
		return m
	}
	return overload.NewCallers(&b.plan.Words, translate(o.Roles), translate(o.Credentials))
}

// loads are the settings of both steps of an operation; the zero ones of what
// no operation describes.
func (b *builder) loads(name string, set *settled, mode gate.Mode) overload.Settings {
	return overload.Settings{Operation: name, Class: overloadClasses[set.Priority], Callers: b.prioritized, Observe: mode == gate.Observe}
}

// door refuses before anything costly.
func (b *builder) door(op *contract.Operation, set *settled, mode gate.Mode) any {
	if b.overload == nil {
		return nil
	}
	return b.overload.Gate.NewDoor(b.overload.Limit, b.loads(op.Name(), set, mode))
}

// way refuses when it is known who calls.
func (b *builder) way(op *contract.Operation, set *settled, mode gate.Mode) any {
	if b.overload == nil {
		return nil
	}
	return b.overload.Gate.NewWay(b.overload.Limit, b.loads(op.Name(), set, mode))
}

// undescribed are the settings of calls that no operation describes.
func (b *builder) undescribed() overload.Settings {
	set := settled{Settings: b.options.Settings, modes: [2]map[string]config.Mode{1: b.options.Modes}}
	return b.loads("", &set, set.mode("overload", true))
}

func (b *builder) doorUnrouted() any {
	if b.overload == nil {
		return nil
	}
	return b.overload.Gate.NewDoor(b.overload.Limit, b.undescribed())
}

func (b *builder) wayUnrouted() any {
	if b.overload == nil {
		return nil
	}
	return b.overload.Gate.NewWay(b.overload.Limit, b.undescribed())
}
