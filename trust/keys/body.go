package keys

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// body is what is sealed: all keys with their versions, the newest last.
type body struct {
	Format int              `json:"version"` // 1
	Keys   map[Name][]entry `json:"keys"`
	Ring   []byte           `json:"ring"`           // of Data, whose entries have no key of their own
	Acts   []Act            `json:"acts,omitempty"` // what was done to them, the last of it last
}

// entry is one version of a key.
type entry struct {
	Version uint32    `json:"version"`
	Made    time.Time `json:"made"`
	Key     []byte    `json:"key,omitempty"`
}

// maxVersions bounds the versions of a key.
const maxVersions = seal.MaxVersions

// kept is how many versions of keys are kept whose uses end by themselves.
const kept = 3

const macLength = 32

var errBody = errors.New("the keys that were sealed are of no form that this gate knows")

// readBody reads keys, strictly. Its errors hold nothing of them.
func readBody(text []byte) (b body, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil || b.Format != 1 {
		return body{}, errBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return body{}, errBody
	}
	for n, list := range b.Keys {
		if !slices.Contains(Names, n) || len(list) > maxVersions {
			return body{}, errBody
		}
		seen := map[uint32]bool{}
		for _, e := range list {
			if seen[e.Version] {
				return body{}, errBody
			}
			seen[e.Version] = true
		}
	}
	if (len(b.Ring) > 0) != (len(b.Keys[Data]) > 0) || !readActs(b.Acts) {
		return body{}, errBody
	}
	return b, nil
}

// clone returns a copy whose lists may be changed.
func (b body) clone() body {
	b.Keys = maps.Clone(b.Keys)
	for n, list := range b.Keys {
		b.Keys[n] = slices.Clone(list)
	}
	b.Acts = slices.Clone(b.Acts)
	return b
}

// complete makes the keys that are missing.
func complete(b body) (body, error) {
	b.Format = 1
	if b.Keys == nil {
		b.Keys = map[Name][]entry{}
	}
	for _, n := range Names {
		if len(b.Keys[n]) > 0 {
			continue
		}
		var err error
		if b, err = b.rotated(n); err != nil {
			return b, err
		}
	}
	return b, nil
}

// rotated adds a version of a key.
func (b body) rotated(n Name) (body, error) {
	list := b.Keys[n]
	e := entry{Version: 1, Made: time.Now().UTC().Truncate(time.Second)}
	if len(list) > 0 {
		e.Version = list[len(list)-1].Version + 1
	}
	switch n {
	case Data:
		return b.rotatedRing(e)
	case Pepper, Owners, Nonces, Callers:
		e.Key = make([]byte, macLength)
		rand.Read(e.Key)
	case Tokens:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return b, err
		}
		if e.Key, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			return b, err
		}
	default:
		return b, fmt.Errorf("there is no key %q: the keys are %v", n, Names)
	}
	if len(list) >= maxVersions {
		return b, fmt.Errorf("%s has %d versions: destroy those that are not in use", n, maxVersions)
	}
	list = append(list, e)
	if n == Nonces || n == Tokens { // what they made lives minutes
		list = list[max(0, len(list)-kept):]
	}
	b.Keys[n] = list
	return b, nil
}

func (b body) rotatedRing(e entry) (body, error) {
	ring, err := seal.New()
	if len(b.Ring) > 0 {
		if ring, err = seal.Read(b.Ring); err == nil {
			ring, err = ring.Rotate()
		}
	}
	if err != nil {
		return b, err
	}
	e.Version = uint32(ring.Newest())
	b.Keys[Data] = append(b.Keys[Data], e)
	b.Ring, err = ring.Reveal()
	return b, err
}

// without removes a version of a key.
func (b body) without(n Name, version uint32) (body, error) {
	list := b.Keys[n]
	i := slices.IndexFunc(list, func(e entry) bool { return e.Version == version })
	switch {
	case i < 0:
		return b, fmt.Errorf("%s has no version %s", n, written(n, version))
	case i == len(list)-1:
		return b, fmt.Errorf("%s is the newest version of %s, and stays: rotate first", written(n, version), n)
	}
	if n == Data {
		ring, err := seal.Read(b.Ring)
		if err == nil {
			ring, err = ring.Without(seal.Version(version))
		}
		if err != nil {
			return b, err
		}
		if b.Ring, err = ring.Reveal(); err != nil {
			return b, err
		}
	}
	b.Keys[n] = slices.Delete(list, i, i+1)
	return b, nil
}

// versions are all versions, as people are told, to see what changed.
func (b body) versions() (list []string) {
	for _, n := range Names {
		for _, e := range b.Keys[n] {
			list = append(list, string(n)+" "+written(n, e.Version))
		}
	}
	return list
}

func (b body) sealed(ctx context.Context, w wrap.Wrapper) ([]byte, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return wrap.Seal(ctx, w, plain, purpose)
}

// state makes the keys ready for use.
func (b body) state() (*state, error) {
	s := &state{body: b}
	for i, n := range macNames {
		for _, e := range b.Keys[n] {
			if len(e.Key) != macLength {
				return nil, errBody
			}
			s.macs[i] = append(s.macs[i], newMAC(e.Version, e.Key))
		}
	}
	for _, e := range b.Keys[Tokens] {
		key, err := newSigningKey(e)
		if err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, key)
	}
	var err error
	if s.ring, err = seal.Read(b.Ring); err != nil {
		return nil, err
	}
	data := b.Keys[Data]
	if uint32(s.ring.Newest()) != data[len(data)-1].Version || len(s.ring.Versions()) != len(data) {
		return nil, errBody
	}
	return s, nil
}
