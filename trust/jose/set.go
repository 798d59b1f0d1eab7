package jose

import (
	"errors"
	"fmt"
	"slices"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of key sets.
const (
	MaxSetBytes = 512 << 10 // of the text of a set
	MaxKeys     = 100
)

// Set is keys that verify signatures: all public, or all secrets. It is
// immutable; two sets are told apart by their addresses. The zero Set has no
// key and verifies nothing.
type Set struct {
	keys   []*Key
	secret bool
}

// Keys returns the keys of s.
func (s *Set) Keys() []*Key { return slices.Clone(s.keys) }

// Has reports whether k itself is a key of s.
func (s *Set) Has(k *Key) bool { return slices.Contains(s.keys, k) }

// Equal reports whether s and other hold the same keys.
func (s *Set) Equal(other *Set) bool {
	return s.secret == other.secret && slices.EqualFunc(s.keys, other.keys, (*Key).same)
}

// Adopt returns s with those keys of before that are in both, so that what was
// verified with them goes on to hold.
func (s *Set) Adopt(before *Set) *Set {
	out := &Set{keys: slices.Clone(s.keys), secret: s.secret}
	shared := false
	for i, k := range out.keys {
		for _, old := range before.keys {
			if k.same(old) {
				out.keys[i], shared = old, true
			}
		}
	}
	if !shared {
		return s
	}
	return out
}

// SecretSet returns the set of one secret that is shared with whoever signs.
func SecretSet(id string, secret []byte) (*Set, error) {
	k, err := newKey(id, "", slices.Clone(secret))
	if err != nil {
		return nil, err
	}
	return &Set{keys: []*Key{k}, secret: true}, nil
}

// PublicSet returns the set of one public key.
func PublicSet(id string, algorithm Algorithm, key any) (*Set, error) {
	if _, secret := key.([]byte); secret {
		return nil, errors.New("a secret is no public key")
	}
	k, err := newKey(id, algorithm, key)
	if err != nil {
		return nil, err
	}
	return &Set{keys: []*Key{k}}, nil
}

// ReadSet reads a JWK Set, or one JWK, of public keys. Keys of kinds that are
// not known, for other uses or unsound are left out (RFC 7517 section 5) and
// noted, as are secrets and private keys, which do not stand where others can
// read them. The error and the notes hold nothing of text. A set that leaves
// no key is an error: nothing could be verified with it.
func ReadSet(text []byte) (*Set, []string, error) { return readSet(text, false) }

// ReadSecretSet is ReadSet for a set of secrets, in which every key must be one
// that can be used.
func ReadSecretSet(text []byte) (*Set, []string, error) { return readSet(text, true) }

func readSet(text []byte, secret bool) (*Set, []string, error) {
	if len(text) > MaxSetBytes {
		return nil, nil, fmt.Errorf("the key set is larger than %d KiB", MaxSetBytes>>10)
	}
	object, err := ReadObject(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the key set cannot be read: %w", err)
	}
	members := []jsontext.Value{text}
	if _, one := object["kty"]; !one {
		var doc struct {
			Keys []jsontext.Value `json:"keys"`
		}
		if json.Unmarshal(text, &doc) != nil || doc.Keys == nil {
			return nil, nil, errors.New(`the key set has no list "keys"`) // RFC 7517 section 5
		}
		members = doc.Keys
	}
	if len(members) > MaxKeys {
		return nil, nil, fmt.Errorf("the key set has more than %d keys", MaxKeys)
	}
	s, notes := &Set{secret: secret}, []string(nil)
	for i, one := range members {
		k, err := readKey(one, secret)
		if err != nil && secret {
			return nil, nil, fmt.Errorf("key %d of the set cannot be used: %w", i+1, err)
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("key %d is left out: %v", i+1, err))
		} else if !slices.ContainsFunc(s.keys, k.same) {
			s.keys = append(s.keys, k)
		}
	}
	if len(s.keys) == 0 {
		return nil, notes, errors.New("the key set has no key that signatures can be verified with")
	}
	return s, notes, nil
}

// readKey reads one key of a set.
func readKey(text jsontext.Value, secret bool) (*Key, error) {
	object, err := ReadObject(text)
	if err != nil {
		return nil, err
	}
	algorithm, err := purpose(object)
	if err != nil {
		return nil, err
	}
	kty, _ := object["kty"].(string)
	if (kty == "oct") != secret {
		if secret {
			return nil, errors.New("it is no secret, and secrets are not mixed with other keys")
		}
		return nil, errors.New("it is a secret, which is no public key")
	}
	if !secret {
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
			if _, ok := object[name]; ok {
				return nil, errors.New("it is a private key: whoever reads it can sign tokens")
			}
		}
	}
	// Certificates are not looked at: the key is trusted for where it stands.
	var jwk jose.JSONWebKey
	if jwk.UnmarshalJSON(bare(object)) != nil {
		return nil, errors.New("its kind is not known or its numbers are not those of a key")
	}
	id, _ := object["kid"].(string)
	return newKey(id, algorithm, jwk.Key)
}

// purpose returns the algorithm that a key is for, "" for any, and says why it
// is not one to verify signatures with (RFC 7517 sections 4.2 to 4.4).
func purpose(object map[string]any) (Algorithm, error) {
	for _, name := range []string{"kty", "kid", "alg", "use"} {
		if v, ok := object[name]; ok {
			if _, text := v.(string); !text {
				return "", fmt.Errorf("its %s is no text", name)
			}
		}
	}
	if use, ok := object["use"]; ok && use != "sig" {
		return "", errors.New("its use is not sig")
	}
	if ops, ok := object["key_ops"]; ok {
		if list, _ := ops.([]any); !slices.Contains(list, any("verify")) {
			return "", errors.New("its key_ops do not hold verify")
		}
	}
	alg, ok := object["alg"].(string)
	if ok && Algorithm(alg).known() != nil {
		return "", errors.New("its alg is none that verifies signatures")
	}
	return Algorithm(alg), nil
}

// bare writes the members of a key that make its value.
func bare(object map[string]any) []byte {
	value := map[string]string{}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e", "k"} {
		if v, ok := object[name].(string); ok {
			value[name] = v
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}
