package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/gatehouse-api/gatehouse/console"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// Error is why a gate has not done what it was asked for, with what to do next.
type Error struct{ Text, Hint string }

func (e *Error) Error() string { return e.Text }

// ask makes a call of a role and reads its answer into a value, nil for none.
// role is the least that the contract asks for.
func (g *Gate) ask(ctx context.Context, role, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, g.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+g.bearer.Reveal())
	r.Header.Set("Accept", "application/json, application/problem+json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := g.http.Do(r)
	if err != nil {
		return g.unreached(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return g.unreached(err)
	case len(got) > maxAnswer:
		return g.strange(fmt.Sprintf("it answers with more than %d MiB", maxAnswer>>20))
	case answer.StatusCode >= 300:
		return g.refused(role, answer, got)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(got, into); err != nil {
		return g.strange("its answer is not that of the contract")
	}
	return nil
}

// strange is something that answers and is no gate.
func (g *Gate) strange(why string) error {
	return &Error{Text: "what answers at " + g.base + " is no API of administration: " + why, Hint: "admin.address in the gate's gatehouse.yaml says where it is"}
}

// problem is what the gate, or the API behind it, says of a call.
type problem struct {
	Title, Detail, Code, Field, Hint string
}

// refused turns an answer that says no into what the store would have said, or
// an Error.
func (g *Gate) refused(role string, answer *http.Response, text []byte) error {
	var p problem
	media, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if answer.StatusCode == http.StatusBadRequest && strings.Contains(string(text), "HTTP request to an HTTPS server") { // of net/http
		return &Error{Text: "what answers at " + g.base + " speaks TLS", Hint: "write https://"}
	}
	if json.Unmarshal(text, &p) != nil || media != "application/problem+json" {
		return g.strange(fmt.Sprintf("it answers %d without a problem", answer.StatusCode))
	}
	p.Title, p.Detail, p.Code = printable(p.Title), printable(p.Detail), printable(p.Code)
	wait := ""
	if after := answer.Header.Get("Retry-After"); after != "" && len(after) < 8 && strings.Trim(after, "0123456789") == "" {
		wait = "try again in " + after + " seconds"
	}
	switch {
	case p.Code == "path-unknown", p.Code == "method-unknown", p.Code == "misdirected":
		return g.strange("it knows no such call")
	case answer.StatusCode == http.StatusUnauthorized:
		return &Error{Text: "the gate does not take the credential: " + p.Code, Hint: "it has ended, or is one of another gate; gatehouse admin create makes one, where the gate's gatehouse.yaml is"}
	case p.Code == console.CodeReserved:
		return &Error{Text: "only an admin gives this key out: " + p.Detail, Hint: "use a credential of the role admin; the gate's gatehouse.yaml says what is reserved, under admin"}
	case answer.StatusCode == http.StatusForbidden:
		return &Error{Text: fmt.Sprintf("the credential may not do this: it takes the role %s", role), Hint: "an admin can make one that may: gatehouse admin create --role " + role}
	case answer.StatusCode == http.StatusTooManyRequests:
		return &Error{Text: "the gate does not listen for the moment: too many credentials that were not valid came from here", Hint: wait}
	case answer.StatusCode == http.StatusServiceUnavailable:
		return &Error{Text: "the gate cannot do it for the moment: " + p.Title, Hint: wait}
	}
	if kind := map[string]error{console.CodeNone: store.ErrNotFound, console.CodeVoid: keyring.ErrDead, console.CodeDone: store.ErrConflict}[p.Code]; kind != nil {
		return kind
	}
	if field := printable(p.Field); p.Code == console.CodeWrong && field != "" {
		return &keyring.Mistake{Field: field, Text: strings.TrimPrefix(p.Detail, field+" "), Hint: printable(p.Hint)}
	}
	return &Error{Text: "the gate refuses: " + p.Title, Hint: p.Detail}
}

// printable is text of somebody else's, for a terminal.
func printable(s string) string {
	const most = 300
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
