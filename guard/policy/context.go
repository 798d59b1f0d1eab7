package policy

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// scratch is what the reading of one exchange needs; it is pooled.
type scratch struct {
	spare.Mark
	style.Writer
	plain      []byte
	all, found types.RecordMap // copied by types.NewRecord
}

var scratches = spare.Pool[scratch, *scratch]{New: func() *scratch {
	return &scratch{all: make(types.RecordMap, 4), found: make(types.RecordMap, 4)}
}}

// close gives w back, and keeps nothing of the exchange in it.
func (w *scratch) close() {
	clear(w.all)
	clear(w.found)
	scratches.Put(w)
}

// errNoCountry is of a database of countries that does not hold.
var errNoCountry = fmt.Errorf("%w: the database of countries was not read, or too long ago", errUnavailable)

// context makes what rules ask of x. body is nil where it is not read yet.
func (o *operation) contextOf(x *gate.Exchange, now time.Time, reads *need, body []byte) (types.Record, error) {
	if !reads.whole && len(reads.parts) == 0 {
		return types.Record{}, nil
	}
	w := scratches.Get()
	defer w.close()
	all := w.all
	if reads.has("path") && len(o.path) > 0 {
		if err := w.parameters(all, "path", o.path, reads.at("path"), x); err != nil {
			return types.Record{}, err
		}
	}
	if reads.has("query") && len(o.query) > 0 {
		if err := w.parameters(all, "query", o.query, reads.at("query"), x); err != nil {
			return types.Record{}, err
		}
	}
	if reads.has("client") {
		if a, ok := clientOf(x); ok {
			all["client"] = a
		}
	}
	if o.countries && reads.has("country") {
		switch {
		case x.CountryUnread:
			return types.Record{}, errNoCountry
		case x.Country != "":
			all["country"] = types.String(x.Country)
		}
	}
	if reads.has("time") {
		all["time"] = timeOf(now.UTC(), reads.at("time"))
	}
	if reads.has("tls") {
		all["tls"] = connectionOf(x)
	}
	if reads.has("owner") && len(o.told) > 0 {
		if err := w.owners(all, o, reads.at("owner"), x); err != nil {
			return types.Record{}, err
		}
	}
	if len(body) > 0 && o.body != nil && reads.has("body") {
		v, err := o.body.body(reads.at("body"), body)
		if err != nil || v == nil {
			return types.Record{}, errValue
		}
		all["body"] = v
	}
	return types.NewRecord(all), nil
}

// parameters adds those of one place that are asked for. The guard of requests
// has judged them before; in observe mode it lets others pass, and what is not
// as the contract says cannot be judged here.
func (w *scratch) parameters(all types.RecordMap, where types.String, list []parameter, reads *need, x *gate.Exchange) error {
	found := w.found
	clear(found)
	for i := range list {
		p := &list[i]
		if !reads.has(p.codec.Name) {
			continue
		}
		raw, n, how := []byte(nil), 0, style.Percent
		if where == "path" {
			raw, n = pathValue(x, p.codec.Name)
		} else {
			how = style.Plus
			raw, n = w.queryValue(x.Query, p.codec.Name)
		}
		switch {
		case n == 0 && !p.required:
			continue
		case n != 1:
			return errValue
		}
		w.JSON = w.JSON[:0]
		if w.Value(&p.codec, raw, how) != style.Fine {
			return errValue
		}
		v, err := w.scalar(p.typ)
		if err != nil {
			return err
		}
		found[types.String(p.codec.Name)] = v
	}
	all[where] = types.NewRecord(found)
	return nil
}

// scalar reads the JSON text at hand.
func (w *scratch) scalar(t *typ) (types.Value, error) {
	if len(w.JSON) == 0 || (w.JSON[0] == '"') != (t.kind == text) {
		return nil, errValue
	}
	if t.kind != text {
		return t.parse(string(w.JSON))
	}
	plain, err := jsontext.AppendUnquote(w.plain[:0], w.JSON)
	if err != nil {
		return nil, errValue
	}
	w.plain = plain
	return types.String(plain), nil
}

func pathValue(x *gate.Exchange, name string) (raw []byte, n int) {
	for i := range x.Match.Values {
		if v := &x.Match.Values[i]; v.Name == name {
			return v.Raw, 1
		}
	}
	return nil, 0
}

// queryValue returns the last value of a field and how many there are. A field
// whose name cannot be read counts as one: nobody knows which it is.
func (w *scratch) queryValue(query []byte, name string) (raw []byte, n int) {
	for rest, more := query, true; more && len(rest) > 0; {
		var pair []byte
		pair, rest, more = cut(rest, '&')
		field, value, _ := cut(pair, '=')
		decoded, bad := w.Decode(field, style.Plus)
		if bad != style.Fine || string(decoded) == name {
			raw, n = value, n+1
		}
		if bad != style.Fine {
			n++
		}
	}
	return raw, n
}

func cut(b []byte, sep byte) (before, after []byte, found bool) {
	for i, c := range b {
		if c == sep {
			return b[:i], b[i+1:], true
		}
	}
	return b, nil, false
}

func clientOf(x *gate.Exchange) (types.IPAddr, bool) {
	a := x.Client
	if !a.IsValid() {
		a = x.Peer.Addr()
	}
	if !a.IsValid() {
		return types.IPAddr{}, false
	}
	a = a.Unmap().WithZone("")
	p, err := a.Prefix(a.BitLen())
	return types.IPAddr(p), err == nil
}

func timeOf(now time.Time, reads *need) types.Record {
	all := make(types.RecordMap, 2)
	if reads.has("now") {
		all["now"] = types.NewDatetime(now)
	}
	if reads.has("hour") {
		all["hour"] = types.Long(now.Hour())
	}
	if reads.has("minute") {
		all["minute"] = types.Long(now.Minute())
	}
	if reads.has("weekday") { // ISO 8601: 1 is Monday
		all["weekday"] = types.Long((now.Weekday()+6)%7 + 1)
	}
	if reads.has("epoch") {
		all["epoch"] = types.Long(now.Unix())
	}
	return types.NewRecord(all)
}

// connections are the few records that there are of connections.
var connections = func() (all [2][4][2]types.Record) {
	for secure := range 2 {
		for version, name := range []types.String{"", "1.2", "1.3", "other"} {
			for certificate := range 2 {
				m := types.RecordMap{"secure": types.Boolean(secure == 1), "certificate": types.Boolean(certificate == 1)}
				if name != "" {
					m["version"] = name
				}
				all[secure][version][certificate] = types.NewRecord(m)
			}
		}
	}
	return all
}()

func connectionOf(x *gate.Exchange) types.Record {
	secure, version, certificate := 0, 0, 0
	if x.ClientSecure || x.Secure && !x.Client.IsValid() {
		secure = 1
	}
	if x.TLS != nil {
		switch x.TLS.Version {
		case tls.VersionTLS12:
			version = 1
		case tls.VersionTLS13:
			version = 2
		default:
			version = 3
		}
		if len(x.TLS.VerifiedChains) > 0 {
			certificate = 1
		}
	}
	return connections[secure][version][certificate]
}
