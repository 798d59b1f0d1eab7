package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/signals"
)

// spoken answers what an issuer says: with the status of success and nothing
// else, or with why not and the members that its standard has for that.
type spoken func(r *http.Request) (status int, why *signals.Failure, members func(*signals.Failure) any)

// ServeHTTP implements http.Handler.
func (do spoken) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, why, members := do(r)
	// OpenID Connect Back-Channel Logout 1.0 section 2.8.
	w.Header().Set("Cache-Control", "no-store")
	if why == nil {
		w.WriteHeader(status)
		return
	}
	status = http.StatusBadRequest
	switch why {
	case nobodyHears:
		status = http.StatusNotFound
	default:
		if why.Code == signals.Unavailable {
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", strconv.Itoa(max(1, why.Retry)))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(members(why))
}

var (
	nobodyHears = &signals.Failure{Code: signals.InvalidRequest, Text: "no credential of this name has signals"}
	unreadable  = &signals.Failure{Code: signals.InvalidRequest, Text: "the body cannot be read, or is not what its type says"}
	storeIsAway = &signals.Failure{Code: signals.Unavailable, Text: "the store does not answer for the moment", Retry: 5}
	noRoom      = &signals.Failure{Code: signals.Unavailable, Text: "there is no room for another revocation", Retry: 60}
	noRecord    = &signals.Failure{Code: signals.Unavailable, Text: "what is taken back must be on record, and cannot be for the moment", Retry: 5}
	storeFailed = &signals.Failure{Code: signals.Unavailable, Text: "the gate failed", Retry: 60}
)

// logoutMembers are OpenID Connect Back-Channel Logout 1.0 section 2.8, with the
// codes of RFC 6749.
func logoutMembers(why *signals.Failure) any {
	code := "invalid_request"
	if why.Code == signals.Unavailable {
		code = "temporarily_unavailable"
	}
	return map[string]string{"error": code, "error_description": why.Text}
}

// eventMembers are RFC 8935 section 2.4.
func eventMembers(why *signals.Failure) any {
	return map[string]string{"err": string(why.Code), "description": why.Text}
}

func (c *console) logout(r *http.Request) (int, *signals.Failure, func(*signals.Failure) any) {
	judge := func(h *signals.Receiver, ctx context.Context) (*signals.Notice, *signals.Failure) {
		if err := r.ParseForm(); err != nil || len(r.PostForm["logout_token"]) != 1 {
			return nil, unreadable
		}
		return h.Logout(ctx, []byte(r.PostForm.Get("logout_token")), c.Now())
	}
	return http.StatusOK, c.hear(r, judge), logoutMembers
}

func (c *console) events(r *http.Request) (int, *signals.Failure, func(*signals.Failure) any) {
	judge := func(h *signals.Receiver, ctx context.Context) (*signals.Notice, *signals.Failure) {
		raw, err := io.ReadAll(io.LimitReader(r.Body, signals.MaxBytes+1))
		if err != nil {
			return nil, unreadable
		}
		return h.Events(ctx, []byte(strings.TrimSpace(string(raw))), c.Now())
	}
	return http.StatusAccepted, c.hear(r, judge), eventMembers
}

// hear has a token judged, and keeps what it takes back before it is accepted.
func (c *console) hear(r *http.Request, judge func(*signals.Receiver, context.Context) (*signals.Notice, *signals.Failure)) *signals.Failure {
	name := r.PathValue("credential")
	h := c.Signals[name]
	if h == nil {
		return nobodyHears
	}
	n, why := judge(h, r.Context())
	if why != nil || n.Repeated {
		return why
	}
	if slices.ContainsFunc(n.Revocations, func(v store.Revocation) bool { return !c.room(v) }) {
		return noRoom // the issuer says it again
	}
	if c.Reserve != nil && len(n.Revocations) > 0 {
		release, err := c.Reserve(r.Context(), len(n.Revocations))
		if err != nil {
			return noRecord
		}
		defer release()
	}
	ctx := store.By(r.Context(), "issuer of "+name)
	for _, v := range n.Revocations {
		if err := c.Store.Revoke(ctx, v); errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
			return storeIsAway
		} else if err != nil {
			return storeFailed
		}
	}
	c.Store.Settle(ctx)
	h.Accept(n, c.Now())
	return nil
}
