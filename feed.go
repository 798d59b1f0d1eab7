package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/feed"
)

// Feeds are lists of addresses from which no call is taken, and where addresses
// are. Their sources outlive plans.
type Feeds struct {
	Lists []feed.Feed
	Geo   *feed.Source // nil where nobody knows countries
	Open  bool         // while no database holds, calls pass
}

// addresses turns addresses away.
func (b *builder) addresses(_ *contract.Operation, set *settled, _ gate.Mode) any {
	return b.addressesFor(set.Countries)
}

func (b *builder) addressesUnrouted() any { return b.addressesFor(b.options.Countries) }

func (b *builder) addressesFor(c *config.Countries) any {
	if b.feeds == nil {
		return nil
	}
	where := &feed.Geo{Source: b.feeds.Geo, Open: b.feeds.Open}
	if c != nil {
		where.Allow, where.Deny, where.Except, where.Unknown = c.Allow, c.Deny, c.Except, c.Unknown == config.AllowCountry
	}
	if g := feed.New(b.feeds.Lists, where); g != nil {
		return g
	}
	return nil
}
