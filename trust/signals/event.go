package signals

import (
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// meaning is what an event takes back.
type meaning uint8

const (
	session meaning = iota // the session that is named, or all of the subject
	subject                // all that was issued to the subject until then
	forGood                // and API keys in its name, which never lapse, stay void
)

const (
	caep = "https://schemas.openid.net/secevent/caep/event-type/"
	risc = "https://schemas.openid.net/secevent/risc/event-type/"
)

// meanings are the events that take something back (OpenID CAEP 1.0 section 3,
// OpenID RISC 1.0 section 2). Others are acknowledged, also those by which a
// stream is verified or changed (Shared Signals Framework 1.0 section 8.1.4):
// whoever sends them must not be told that they are wrong.
var meanings = map[string]meaning{
	caep + "session-revoked":                    session,
	caep + "token-claims-change":                session,
	caep + "assurance-level-change":             session,
	caep + "credential-change":                  subject,
	risc + "account-disabled":                   forGood,
	risc + "account-purged":                     forGood,
	risc + "account-credential-change-required": subject,
	risc + "credential-compromise":              subject,
	risc + "sessions-revoked":                   subject,
}

// harmless are events that take nothing back by what they say: trust has grown.
// An event that does not say so takes back.
func harmless(event string, payload map[string]any) bool {
	switch event {
	case caep + "assurance-level-change": // CAEP section 3.4
		return payload["change_direction"] == "increase"
	case caep + "credential-change": // CAEP section 3.3
		return payload["change_type"] == "create"
	}
	return false
}

func (r *Receiver) eventsOf(t *jose.Token, now time.Time) ([]store.Revocation, *Failure) {
	events, why := eventsIn(t)
	if why != nil {
		return nil, why
	}
	var list []store.Revocation
	for _, event := range slices.Sorted(maps.Keys(events)) {
		m, known := meanings[event]
		if !known || harmless(event, events[event]) {
			continue
		}
		id, _ := t.Claims["sub_id"].(map[string]any)
		kind, name, why := r.who(id, m)
		if why != nil {
			return nil, why
		}
		v := r.revocation(kind, name, t, now)
		if m == forGood {
			v.Expires = time.Time{}
		}
		list = append(list, v)
	}
	return list, nil
}

// who reads a subject identifier (RFC 9493 section 3, Shared Signals Framework
// 1.0 section 3.2). An issuer takes back what it has given out itself.
func (r *Receiver) who(id map[string]any, m meaning) (store.RevocationKind, string, *Failure) {
	kind, name := store.RevokedSubject, ""
	issuer, named := id["iss"]
	switch id["format"] {
	case "iss_sub":
		name, _ = id["sub"].(string)
		named = true
	case "opaque":
		name, _ = id["id"].(string)
		named = false
	case "jwt_id": // one token, whatever has happened to it
		kind, named = store.RevokedToken, true
		name, _ = id["jti"].(string)
	case "complex":
		return r.complexWho(id, m)
	}
	switch {
	case named && issuer != r.options.Issuer:
		if _, ok := issuer.(string); ok {
			return "", "", strangeIssuer
		}
		return "", "", vagueSubject
	case name == "" || len(name) > maxName:
		return "", "", vagueSubject
	}
	return kind, name, nil
}

// complexWho takes the session of a subject that has several members where the
// event is of one, or else all of the user: others, as a device, would only
// narrow it.
func (r *Receiver) complexWho(id map[string]any, m meaning) (store.RevocationKind, string, *Failure) {
	if part, ok := id["session"].(map[string]any); ok && m == session && part["format"] != "complex" {
		kind, name, why := r.who(part, m)
		if kind == store.RevokedSubject {
			kind = store.RevokedSession
		}
		return kind, name, why
	}
	if part, ok := id["user"].(map[string]any); ok && part["format"] != "complex" {
		return r.who(part, m)
	}
	return "", "", vagueSubject
}
