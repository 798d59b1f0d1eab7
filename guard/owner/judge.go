package owner

import (
	"bytes"
	"context"
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// scratch is the memory of one judging. It is pooled.
type scratch struct {
	spare.Mark
	style.Writer
	id      []byte // the one spelling of an id
	want    []byte // and of the attribute that it must be
	message []byte // what is hashed of an object
	caller  []byte // and of the caller
	own     ownHash
	values  []value
	objects []object
	rows    []Owned
}

// ownHash is the hash of the caller, made once for all objects of one judging.
type ownHash struct {
	known   bool
	by      By
	version uint32
	hash    hash
}

const maxKept = 64 << 10

var scratches spare.Pool[scratch, *scratch]

func open() *scratch {
	s := scratches.Get()
	s.own.known = false
	return s
}

// close gives s back.
func (s *scratch) close() {
	if cap(s.JSON)+cap(s.Text)+cap(s.id)+cap(s.message)+16*cap(s.values)+16*cap(s.objects)+40*cap(s.rows) > maxKept {
		*s = scratch{}
	}
	scratches.Put(s)
}

// worse returns the finding that weighs more.
func worse(a, b finding) finding { return max(a, b) }

// judgeParameter judges the objects that a parameter names.
func (g *Guard) judgeParameter(x *gate.Exchange, s *scratch, p *parameter) finding {
	if g.spared(x, p.kind) {
		return nothing
	}
	return g.lookUp(x, s, p)
}

// lookUp judges them whoever may reach them all the same.
func (g *Guard) lookUp(x *gate.Exchange, s *scratch, p *parameter) finding {
	if !p.query {
		text, ok := p.inPath(x, s)
		if !ok {
			return unknownObject
		}
		return g.judgeText(x, s, p.kind, p.is, text)
	}
	worst := nothing
	for query := x.Query; len(query) > 0; {
		pair := query
		if i := bytes.IndexByte(query, '&'); i >= 0 {
			pair, query = query[:i], query[i+1:]
		} else {
			query = nil
		}
		name, raw, _ := bytes.Cut(pair, equals)
		decoded, bad := s.Decode(name, style.Plus)
		if bad != style.Fine {
			return unknownObject
		}
		if string(bytes.TrimSuffix(decoded, brackets)) != p.codec.Name {
			continue
		}
		s.JSON = s.JSON[:0]
		if bad := s.Value(&p.codec, raw, style.Plus); bad != style.Fine {
			return unknownObject
		}
		worst = worse(worst, g.judgeText(x, s, p.kind, p.is, s.JSON))
	}
	return worst
}

var (
	equals   = []byte{'='}
	brackets = []byte("[]")
)

// inPath returns what a parameter of the path holds, as JSON.
func (p *parameter) inPath(x *gate.Exchange, s *scratch) ([]byte, bool) {
	for i := range x.Match.Values {
		if v := &x.Match.Values[i]; v.Name == p.codec.Name {
			s.JSON = s.JSON[:0]
			bad := s.Value(&p.codec, v.Raw, style.Percent)
			return s.JSON, bad == style.Fine
		}
	}
	return nil, false
}

// judgeValue judges a value of a body by what its schema means.
func (g *Guard) judgeValue(x *gate.Exchange, s *scratch, t *tag, text []byte) finding {
	return g.judgeText(x, s, t.kind, t.is, text)
}

// judgeText judges a JSON value: an id or an attribute, or a list of these.
func (g *Guard) judgeText(x *gate.Exchange, s *scratch, k *kind, is attribute, text []byte) finding {
	if x.Principal == nil {
		return otherOwner
	}
	worst := nothing
	eachScalar(text, func(item []byte) {
		worst = worse(worst, g.judgeScalar(x, s, k, is, item))
	})
	return worst
}

// eachScalar calls f with text, or with the items of it where it is a list.
func eachScalar(text []byte, f func(item []byte)) {
	if len(text) == 0 || text[0] != '[' {
		f(text)
		return
	}
	depth, start, quoted := 0, 1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			depth++
		case c == ']' && depth == 1, c == ',' && depth == 1:
			if item := bytes.TrimSpace(text[start:i]); len(item) > 0 {
				f(item)
			}
			start = i + 1
			if c == ']' {
				return
			}
		case c == ']', c == '}':
			depth--
		}
	}
}

// judgeScalar judges one id, or one value that must be an attribute.
func (g *Guard) judgeScalar(x *gate.Exchange, s *scratch, k *kind, is attribute, text []byte) finding {
	var ok bool
	s.id, ok = canonical(s.id[:0], text)
	if is != "" {
		if s.want = is.of(s.want[:0], x.Principal); ok && len(s.want) > 0 && bytes.Equal(s.id, s.want) {
			return nothing
		}
		return otherOwner
	}
	switch {
	case string(text) == "null":
		return nothing
	case !ok, g.keeper() == nil:
		return unknownObject
	}
	s.object(k)
	return g.judgeObject(x.Context, s, k, x.Principal)
}

func (g *Guard) keeper() *Keeper { return g.types.options.Keeper }

// object writes what is hashed of the object of s.id.
func (s *scratch) object(k *kind) {
	s.message = part(part(part(part(s.message[:0], "object"), k.api), k.name), s.id)
}

// judgeObject looks up the object of s.message.
func (g *Guard) judgeObject(ctx context.Context, s *scratch, k *kind, p *gate.Principal) finding {
	keeper := g.keeper()
	if keeper.suppose != nil {
		return supposed[keeper.suppose(k.name)]
	}
	owner, version, err := keeper.owner(ctx, s.message)
	switch {
	case err != nil:
		keeper.warn("who owns an object cannot be found out", "cause", err)
		return unavailable
	case owner == (hash{}):
		return unknownObject
	}
	if own, ok := s.ownHash(keeper, k.by, version, p); !ok || own != owner {
		return otherOwner
	}
	return nothing
}

// ownHash returns the hash of the caller as an owner.
func (s *scratch) ownHash(keeper *Keeper, by By, version uint32, p *gate.Principal) (hash, bool) {
	if o := &s.own; o.known && o.by == by && o.version == version {
		return o.hash, true
	}
	var ok bool
	if s.caller, ok = by.caller(s.caller[:0], p); !ok {
		return hash{}, false
	}
	own, ok := keeper.sum(version, s.caller)
	s.own = ownHash{ok, by, version, own.asOwner()}
	return s.own.hash, ok
}

// caller writes what is hashed of who owns what p owns.
func (by By) caller(out []byte, p *gate.Principal) ([]byte, bool) {
	if by == ByTenant {
		return part(part(part(out, "tenant"), p.Issuer), p.Tenant), p.Tenant != ""
	}
	return part(part(out, "principal"), p.ID), p.ID != ""
}

// of appends the one spelling of an attribute of p; nothing when nobody says.
func (a attribute) of(out []byte, p *gate.Principal) []byte {
	text := ""
	switch a {
	case "id":
		text = p.ID
	case "subject":
		text = p.Subject
	case "tenant":
		text = p.Tenant
	case "client":
		text = p.Client
	default:
		switch v := p.Attributes[string(a)].(type) {
		case string:
			text = v
		case int64:
			return strconv.AppendInt(out, v, 10)
		case float64:
			out, _ = number(out, strconv.AppendFloat(nil, v, 'g', -1, 64))
			return out
		}
	}
	out, _ = canonicalText(out, []byte(text), false)
	return out
}
