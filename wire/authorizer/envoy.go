package authorizer

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// partial is the field in which Envoy says whether it sent the whole body.
const partial = "X-Envoy-Auth-Partial-Body"

// readEnvoy reads the request of ext_authz with http_service: the call itself,
// without most of its fields, behind a prefix of the path.
func readEnvoy(l *live, s *session.Shared, x *gate.Exchange) gate.Refusal {
	target, ok := bytes.CutPrefix(x.Target, l.prefix)
	if !ok || len(target) == 0 {
		return misuse("path_prefix", "missing")
	}
	x.Target = target
	scheme, r := one(x, ofForwardAuth.scheme)
	if r.Code == gate.Undecided {
		r = setScheme(x, scheme, ofForwardAuth.scheme)
	}
	if r.Code == gate.Undecided {
		r = client(s, x)
	}
	if r.Code == gate.Undecided {
		r = l.envoyBody(x)
	}
	if r.Code == gate.Undecided {
		drop(x, ofForwardAuth.scheme, ofForwardAuth.client, partial, "X-Envoy-Internal")
	}
	return r
}

// envoyBody takes the body where Envoy is to send it. Of a part nobody can say
// whether the whole is what the contract describes.
func (l *live) envoyBody(x *gate.Exchange) gate.Refusal {
	if !l.question.Body {
		if x.Incoming != nil {
			return misuse("with_request_body", "unexpected")
		}
		x.BodyLength = -1
		return gate.Refusal{}
	}
	return wholeBody(x)
}

// wholeBody holds what Envoy says of the body that it sends.
func wholeBody(x *gate.Exchange) gate.Refusal {
	value, r := one(x, partial)
	switch {
	case r.Code != gate.Undecided:
		return r
	case gate.EqualFold(value, "true"):
		return gate.Refusal{Code: gate.BodyTooLarge, In: "body"}
	case !gate.EqualFold(value, "false"):
		return misuse(partial, "form")
	}
	return gate.Refusal{}
}
