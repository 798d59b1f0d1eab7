package serve

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// pool is the connections to one API. Plans come and go; a pool stays as long
// as one of them wants it with the same settings.
type pool struct {
	*upstream.Upstream
	key   sum
	users int
}

// pools are the open ones, by their settings.
type pools map[sum]*pool

// acquire returns the pool with the settings of u, a new one when there is
// none.
func (ps pools) acquire(u *config.Upstream) (*pool, *fault) {
	o, key, wrong := upstreamOptions(u)
	if wrong != nil {
		return nil, wrong
	}
	p := ps[key]
	if p == nil {
		made, wrong := newUpstream(u, o)
		if wrong != nil {
			return nil, wrong
		}
		p = &pool{Upstream: made, key: key}
		ps[key] = p
	}
	p.users++
	return p, nil
}

// release gives pools back; one that nobody wants any more is closed.
// Exchanges that are with the API end by themselves.
func (ps pools) release(list []*pool) {
	for _, p := range list {
		if p.users--; p.users == 0 {
			delete(ps, p.key)
			p.Close()
		}
	}
}
