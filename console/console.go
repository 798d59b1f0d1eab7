// Package console is the API by which a gate is administered: its keys, what was
// taken back, and those who administer it. What it takes and gives is described
// by its own OpenAPI document, and the gate guards it by that: the handlers here
// see nothing but calls that the contract describes, of callers whose role
// suffices.
//
// Package serve imports it and stands the gate in front of it. It imports the
// root package, the store and the ring of keys, and knows no listener.
package console

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/trust/signals"
)

// Contract is the OpenAPI document of the API.
//
//go:embed openapi.yaml
var Contract []byte

// Scheme is its one security scheme.
const Scheme = "admin"

// Environment is that of the keys which open the API.
const Environment = "admin"

// Options are what the API stands on.
type Options struct {
	Store *store.Store
	// Pepper is that of credentials for this API.
	Pepper *apikey.Pepper
	// Keys are the API keys that are given out, by environment.
	Keys map[string]Keys
	// Signals are those who hear what issuers say, by the names of credentials.
	Signals map[string]*signals.Receiver
	// Room reports whether the gate has room for another revocation; nil for
	// always. One that it cannot hold is not taken: what it names would be good
	// all the same.
	Room func(v store.Revocation) bool
	// CallerKeys writes the public halves of the keys by which the gate signs who
	// calls, as a JWK Set; nil where nothing is served.
	CallerKeys func() ([]byte, error)
	// Recorder has changes on record, durable, before they are made and before
	// they are answered; nil where nothing is recorded.
	Recorder gatehouse.Recorder
	// Reserve makes room on record for so many changes in the store, which release
	// gives back once they are made; nil where nothing is recorded. What there is
	// no room for is not done.
	Reserve func(ctx context.Context, changes int) (release func(), err error)
	// Cosign judges what a log submits to the gate as a witness, and cosigns it;
	// nil where it is none.
	Cosign func(body []byte) Answer
	// Locks lock out those from whom too many credentials came that are not
	// valid; nil for nobody.
	Locks   gatehouse.Locks
	Version string
	Now     func() time.Time
}

// Keys are the API keys of one environment.
type Keys struct {
	Credential string // names the entry of the configuration that verifies them
	Pepper     *apikey.Pepper
	// Reserved says why only an admin gives a key out, "" when an operator may as
	// well. Without it, operators give out all.
	Reserved func(*store.Key) string
	// Known is that of keyring.Ring.
	Known func(operation string) ([]string, error)
}

// console is the API.
type console struct {
	Options
	rings  map[string]*keyring.Ring
	admins *keyring.Ring
}

// New returns the API without anything in front of it: whoever calls it must
// have been judged by Contract, and stand in the context (gatehouse.CallerOf).
func New(o Options) http.Handler {
	c := &console{Options: o, rings: map[string]*keyring.Ring{}, admins: Admins(o.Store, o.Pepper, o.Now)}
	for environment, k := range o.Keys {
		c.rings[environment] = &keyring.Ring{Store: o.Store, Environment: environment, Pepper: k.Pepper, Now: o.Now, Known: k.Known}
	}
	mux := http.NewServeMux()
	for pattern, do := range map[string]action{
		"GET /v1/status":                                       c.status,
		"GET /v1/changes":                                      c.changes,
		"GET /v1/environments/{environment}/keys":              c.listKeys,
		"POST /v1/environments/{environment}/keys":             c.createKey,
		"GET /v1/environments/{environment}/keys/{id}":         c.getKey,
		"POST /v1/environments/{environment}/keys/{id}/rotate": c.rotateKey,
		"POST /v1/environments/{environment}/keys/{id}/revoke": c.revokeKey,
		"GET /v1/revocations":                                  c.listRevocations,
		"POST /v1/revocations":                                 c.revoke,
		"GET /v1/admins":                                       c.listAdmins,
		"POST /v1/admins":                                      c.createAdmin,
		"POST /v1/admins/{id}/revoke":                          c.revokeAdmin,
	} {
		if strings.HasPrefix(pattern, http.MethodPost) {
			do = c.settled(do)
		}
		mux.Handle(pattern, do)
	}
	mux.HandleFunc("GET /v1/caller-keys", c.callerKeys)
	mux.HandleFunc("POST /v1/witness/add-checkpoint", c.addCheckpoint)
	mux.Handle("POST /v1/signals/{credential}/logout", spoken(c.logout))
	mux.Handle("POST /v1/signals/{credential}/events", spoken(c.events))
	return mux
}

// callerKeys answers whoever asks: public keys are no secret, and APIs that
// verify what the gate signs have no credential for this API.
func (c *console) callerKeys(w http.ResponseWriter, _ *http.Request) {
	text, err := c.CallerKeys()
	if err != nil {
		action(func(*http.Request) (int, any, error) { return 0, nil, err }).ServeHTTP(w, nil)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json") // RFC 7517 section 8.5.2
	// Keys are published for twice as long before they sign.
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Write(text)
}

// room reports whether a revocation can be held.
func (c *console) room(v store.Revocation) bool { return c.Room == nil || c.Room(v) }

// settled answers only when the next request at this gate meets what do changed.
func (c *console) settled(do action) action {
	return func(r *http.Request) (int, any, error) {
		status, value, err := do(r)
		if err == nil {
			c.Store.Settle(r.Context())
		}
		return status, value, err
	}
}

// action answers one call: with a value and the status of success, where nil is
// an empty answer, or with why not.
type action func(r *http.Request) (status int, value any, err error)

// ServeHTTP implements http.Handler.
func (do action) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, value, err := do(r)
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		status, value = problemOf(err)
		w.Header().Set("Content-Type", "application/problem+json")
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "5")
		}
	} else if value != nil {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	if value != nil {
		json.NewEncoder(w).Encode(value)
	}
}

// problem is an RFC 9457 problem.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"` // of the body, that cannot be so
	Hint   string `json:"hint,omitempty"`
}

// Codes of problems, for programs.
const (
	CodeWrong       = "wrong-value"
	CodeNone        = "not-found"
	CodeEnvironment = "environment-unknown"
	CodeLastAdmin   = "last-admin"
	CodeReserved    = "reserved-for-admins"
	CodeVoid        = "key-void"
	CodeDone        = "done-already"
	CodeStore       = "store-unavailable"
	CodeFull        = "revocations-full"
	CodeFailed      = "failed"
)

// Error implements error.
func (p *problem) Error() string { return p.Title }

func mistake(detail string) error {
	return &problem{Title: "What is asked for cannot be.", Status: http.StatusBadRequest, Detail: detail, Code: CodeWrong}
}

var (
	noEnvironment = &problem{Title: "No keys of this environment are verified here.", Status: http.StatusNotFound, Code: CodeEnvironment,
		Detail: "the configuration names the environments under credentials"}
	full = &problem{Title: "There is no room for another revocation.", Status: http.StatusInsufficientStorage, Code: CodeFull, // RFC 4918 section 11.5
		Detail: "nothing was taken back: give revocations an end (expires), so that they are forgotten, or take back a whole subject, client or credential"}
	lastAdmin = &problem{Title: "This is the last admin.", Status: http.StatusConflict, Detail: "make another one first", Code: CodeLastAdmin}
)

// problemOf says what clients are told of an error. What only the operator may
// know is in the log of the store.
func problemOf(err error) (int, *problem) {
	var own *problem
	var wrong *keyring.Mistake
	switch {
	case errors.As(err, &own):
	case errors.As(err, &wrong):
		own = &problem{Title: "What is asked for cannot be.", Status: http.StatusBadRequest, Detail: wrong.Error(), Code: CodeWrong, Field: wrong.Field, Hint: wrong.Hint}
	case errors.Is(err, store.ErrNotFound):
		own = &problem{Title: "There is none.", Status: http.StatusNotFound, Code: CodeNone}
	case errors.Is(err, keyring.ErrDead):
		own = &problem{Title: "The key is revoked or has expired.", Status: http.StatusConflict, Detail: "make a new one", Code: CodeVoid}
	case errors.Is(err, store.ErrConflict):
		own = &problem{Title: "It was done already.", Status: http.StatusConflict, Code: CodeDone}
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		own = &problem{Title: "The store does not answer for the moment.", Status: http.StatusServiceUnavailable, Code: CodeStore}
	default:
		own = &problem{Title: "The gate failed.", Status: http.StatusInternalServerError, Code: CodeFailed}
	}
	return own.Status, own
}

// author returns the context of a call in which the store writes down what its
// caller changes.
func author(r *http.Request) context.Context {
	by := "nobody"
	if p := gatehouse.CallerOf(r.Context()); p != nil {
		by = p.Serial
	}
	return store.By(r.Context(), by)
}

// decode reads a body that the contract has judged.
func decode(r *http.Request, into any) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return mistake("the body is no JSON of the contract")
	}
	return nil
}
