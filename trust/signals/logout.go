package signals

import (
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// logoutEvent is the one event of a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutOf is OpenID Connect Back-Channel Logout 1.0 section 2.6, steps 4 to 6,
// and 2.7.
func (r *Receiver) logoutOf(t *jose.Token, now time.Time) ([]store.Revocation, *Failure) {
	if _, ok := t.Claims["nonce"]; ok {
		return nil, nonce
	}
	events, why := eventsIn(t)
	if why != nil {
		return nil, why
	}
	if _, ok := events[logoutEvent]; !ok {
		return nil, noLogoutEvent
	}
	session, ok := optional(t.Claims, "sid")
	subject, fine := optional(t.Claims, "sub")
	if !ok || !fine || session == "" && subject == "" {
		return nil, noSubject
	}
	var list []store.Revocation
	if session != "" {
		list = append(list, r.revocation(store.RevokedSession, session, t, now))
	}
	if subject != "" && (session == "" || r.options.Everything) {
		list = append(list, r.revocation(store.RevokedSubject, subject, t, now))
	}
	return list, nil
}

// revocation takes back what was issued until the issuer spoke, by the issuer's
// clock: somebody who has come back since then is let in, also when the token is
// sent again. A session does not come back.
func (r *Receiver) revocation(kind store.RevocationKind, name string, t *jose.Token, now time.Time) store.Revocation {
	at, same := time.Unix(t.Issued, 0), true
	if kind == store.RevokedSession && at.Before(now) {
		at, same = now, false
	}
	until := at
	if until.Before(now) {
		until = now
	}
	return store.Revocation{Kind: kind, Issuer: r.options.Issuer, Value: name, At: at, SameClock: same, Expires: until.Add(r.options.Lifetime + 2*r.logout.Skew())}
}

// eventsIn are the events of a token by their types (RFC 8417 section 2.2).
func eventsIn(t *jose.Token) (map[string]map[string]any, *Failure) {
	object, _ := t.Claims["events"].(map[string]any)
	if len(object) == 0 || len(object) > maxEvents {
		return nil, noEvents
	}
	events := make(map[string]map[string]any, len(object))
	for name, payload := range object {
		payload, ok := payload.(map[string]any)
		if !ok {
			return nil, noEvents
		}
		events[name] = payload
	}
	return events, nil
}

// optional is a text that may be missing; false when it is something else.
func optional(object map[string]any, name string) (string, bool) {
	v, there := object[name]
	if !there {
		return "", true
	}
	text, ok := v.(string)
	return text, ok && text != "" && len(text) <= maxName
}
