package signature

import (
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/internal/sfv"
)

// maxNonce bounds a nonce, in bytes.
const maxNonce = 256

// signed is one signature of a request.
type signed struct {
	items                        []sfv.Item // the components that it covers
	params                       []sfv.Param
	signature                    []byte
	created, expires             int64 // expires 0 for never
	keyID, algorithm, nonce, tag string
}

// find returns the one signature that a request may mean: with a tag, the one
// that has it, else the only one (RFC 9421 section 4). Each field stands once.
func (v *Verifier) find(x *gate.Exchange) (*signed, *gate.Refusal) {
	input, n := x.Field("Signature-Input")
	value, m := x.Field("Signature")
	if n == 0 && m == 0 {
		return nil, party.Missing
	}
	if n != 1 || m != 1 {
		return nil, badForm
	}
	inputs, ok := sfv.Dictionary(string(input))
	signatures, good := sfv.Dictionary(string(value))
	if !ok || !good || len(inputs) == 0 {
		return nil, badForm
	}
	var found *sfv.Member
	for i := range inputs {
		one := &inputs[i]
		if !one.Inner {
			return nil, badForm
		}
		if v.options.Tag != "" {
			if tag := one.Param("tag"); tag == nil || tag.Kind != sfv.String || tag.Text != v.options.Tag {
				continue
			}
		}
		if found != nil {
			return nil, ambiguous
		}
		found = one
	}
	if found == nil {
		return nil, ambiguous
	}
	s := &signed{items: found.Items, params: found.Params}
	for i := range signatures {
		if one := &signatures[i]; one.Key == found.Key && !one.Inner && one.Item.Kind == sfv.Bytes {
			s.signature = []byte(one.Item.Text)
		}
	}
	if len(s.signature) == 0 {
		return nil, badForm
	}
	if !s.read() || s.nonce == "" && !v.options.NonceOptional {
		return nil, badParams
	}
	return s, nil
}

// read takes the parameters (RFC 9421 section 2.3). One that is not known could
// change what the signature means, and is refused.
func (s *signed) read() bool {
	created := false
	for i := range s.params {
		p := &s.params[i]
		text, number := p.Value.Kind == sfv.String && len(p.Value.Text) <= maxNonce, p.Value.Kind == sfv.Integer && p.Value.Number > 0
		switch p.Key {
		case "created":
			s.created, created = p.Value.Number, number
			if !number {
				return false
			}
		case "expires":
			if s.expires = p.Value.Number; !number {
				return false
			}
		case "keyid":
			if s.keyID = p.Value.Text; !text {
				return false
			}
		case "alg":
			if s.algorithm = p.Value.Text; !text || s.algorithm == "" {
				return false
			}
		case "nonce":
			if s.nonce = p.Value.Text; !text || s.nonce == "" {
				return false
			}
		case "tag":
			if s.tag = p.Value.Text; !text {
				return false
			}
		default:
			return false
		}
	}
	return created && s.keyID != ""
}
