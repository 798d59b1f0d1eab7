// Package demo shows the gate at work on a sample API, in one process and over
// real sockets of this machine. The command calls it; it uses package serve as
// any operator would, and net/http for the sample API, which is no part of the
// gate.
package demo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
)

// Demo is a sample API behind a gate.
type Demo struct {
	shop   *bookshop
	server *http.Server
	gate   *serve.Program
	api    string
}

// Start starts the sample API and the gate in front of it, each on a free
// port of loopback. Warnings of the gate go to stderr.
func Start(stderr io.Writer) (*Demo, error) {
	file, problems := source.Parse("bookshop.yaml", document)
	if file.Root == nil {
		return nil, problems
	}
	c, problems := openapi.Read(source.NewSet(file), file)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Demo{shop: newBookshop(), api: "http://" + l.Addr().String()}
	d.server = &http.Server{Handler: d.shop, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go d.server.Serve(l)
	d.gate, err = serve.Start(serve.Config{
		Read: c, Upstream: d.api, Listen: "127.0.0.1:0", Authentication: gatehouse.Upstream,
		Drain: time.Second, Stderr: stderr, Quiet: true,
	})
	if err != nil {
		d.server.Close()
		return nil, err
	}
	return d, nil
}

// URL is the address of the gate, API that of the sample API behind it.
func (d *Demo) URL() string { return d.gate.URL() }

// API is the address of the sample API behind the gate.
func (d *Demo) API() string { return d.api }

// Calls returns how many calls have arrived at the sample API.
func (d *Demo) Calls() int64 { return d.shop.calls.Load() }

// Close ends the gate and then the sample API.
func (d *Demo) Close() error {
	err := d.gate.Stop()
	d.server.Close()
	return err
}

// Result is what became of a call.
type Result struct {
	Status  int
	Refused bool
	Code    string // of the refusal
	Why     string // in the words of the gate
	AsMeant bool   // it became of the call what Call says
}

// problem is what a refusal looks like to a client (RFC 9457).
type problem struct {
	Title, Code, Detail, In, Name, Pointer, Keyword string
}

// wait bounds one call.
const wait = 10 * time.Second

// Send makes one call over a connection of its own.
func (d *Demo) Send(c Call) (Result, error) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(d.URL(), "http://"), wait)
	if err != nil {
		return Result{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	go io.WriteString(conn, c.Raw) // the gate may answer before it has read all of it
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return Result{}, fmt.Errorf("no answer to %q: %w", c.Text, err)
	}
	defer answer.Body.Close()
	r := Result{Status: answer.StatusCode}
	var p problem
	if answer.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.NewDecoder(answer.Body).Decode(&p); err != nil {
			return Result{}, fmt.Errorf("the answer to %q: %w", c.Text, err)
		}
		r.Refused, r.Code, r.Why = true, p.Code, p.why()
	}
	r.AsMeant = c.Passes && !r.Refused && r.Status < 300 || !c.Passes && r.Code == c.Code.String()
	return r, nil
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
