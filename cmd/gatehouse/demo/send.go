package demo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Result is what became of a call.
type Result struct {
	Fate    Fate
	Status  int
	Code    string // of the refusal
	Why     string // in the words of the gate, or of lab/FLAWS.md
	AsMeant bool   // it became of the call what Call says
}

// problem is what a refusal looks like to a client (RFC 9457).
type problem struct {
	Title, Code, Detail, In, Name, Pointer, Keyword string
}

// What bounds one call.
const (
	wait      = 10 * time.Second
	maxAnswer = 1 << 20
)

// Send makes one call over a connection of its own.
func (d *Demo) Send(c Call) (Result, error) {
	got, err := exchange(d.URL(), c.Raw)
	if err != nil {
		return Result{}, fmt.Errorf("no answer to %q: %w", c.Text, err)
	}
	r := Result{Status: got.status, Fate: Lost}
	switch p := got.problem(); {
	case p != nil:
		r.Fate, r.Code, r.Why = Refused, p.Code, p.why()
		if strings.HasPrefix(p.Code, "answer-") {
			r.Fate = Withheld
		}
		r.AsMeant = c.Fate == r.Fate && r.Code == c.Code.String()
	case got.status >= 300:
	case c.Fate == Open:
		r.Fate, r.AsMeant = Open, (c.Flaw.Open || c.Flaw.Rule != "") && len(c.Flaw.Left(got.text)) > 0
		switch r.Why = "the gate cannot do this yet: " + c.Flaw.Closer; {
		case c.Flaw.Example != "":
			r.Why = "closed by " + c.Flaw.Example + " in examples/shop"
		case c.Flaw.Rule != "":
			r.Why = "closed by " + c.Flaw.Rule + " in lab/gatehouse.yaml"
		}
	case c.Fate == Trimmed:
		r.Fate, r.AsMeant = Trimmed, !c.Flaw.Open && len(c.Flaw.Evidence) > 0 && len(c.Flaw.Left(got.head+got.text)) == 0
		r.Why = c.Flaw.Closer
	default:
		r.Fate, r.AsMeant = Passed, c.Fate == Passed
	}
	return r, nil
}

// answer is what came back.
type answer struct {
	status int
	fields http.Header
	head   string // the fields, as they might stand on the wire
	text   string // the body
}

// exchange makes one call at url over a connection of its own.
func exchange(url, raw string) (*answer, error) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), wait)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	go io.WriteString(conn, raw) // the gate may answer before it has read all of it
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(io.LimitReader(got.Body, maxAnswer)); err != nil {
		return nil, err
	}
	var head strings.Builder
	if err := got.Header.Write(&head); err != nil {
		return nil, err
	}
	return &answer{got.StatusCode, got.Header, head.String(), text.String()}, nil
}

// problem returns the refusal of the gate that a is, or nil. The shop has
// problems of its own, which have no code.
func (a *answer) problem() *problem {
	p := &problem{}
	if a.fields.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.text), p) != nil || p.Code == "" {
		return nil
	}
	return p
}

// why puts the parts of a problem into one line.
func (p *problem) why() string {
	where := strings.TrimSpace(p.In + " " + p.Name)
	if p.Pointer != "" {
		where = strings.TrimSpace(where + " " + p.Pointer)
	}
	switch {
	case p.Detail == "":
		return strings.TrimSuffix(p.Title, ".")
	case where == "", strings.HasPrefix(p.Detail, "the "): // it says where by itself
		return p.Detail
	}
	return where + ": " + p.Detail
}
