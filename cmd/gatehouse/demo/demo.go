// Package demo shows the gate at work in front of the weak shop of package lab,
// in one process and over real sockets of this machine. The command calls it;
// it uses package serve as any operator would, and net/http for the shop, which
// is no part of the gate.
package demo

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/lab"
	"github.com/gatehouse-api/gatehouse/serve"
)

// Demo is a shop behind a gate.
type Demo struct {
	shop   *lab.Shop
	server *http.Server
	gate   *serve.Program
	api    string
	flaws  map[string]lab.Flaw // by their ids
	calls  atomic.Int64        // of the demo that arrived at the shop

	operations int // of the contract
}

// Start starts the shop and the gate in front of it, each on a free port of
// loopback. Warnings of the gate go to stderr.
func Start(stderr io.Writer) (*Demo, error) {
	list, err := lab.Flaws()
	if err != nil {
		return nil, err
	}
	d := &Demo{shop: lab.New(lab.Options{}), flaws: map[string]lab.Flaw{}}
	for _, f := range list {
		d.flaws[f.ID] = f
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.api = "http://" + l.Addr().String()
	d.server = &http.Server{Handler: http.HandlerFunc(d.count), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go d.server.Serve(l)
	if d.gate, err = d.guard(stderr); err != nil {
		d.server.Close()
		return nil, err
	}
	return d, nil
}

// guard starts the gate in front of the shop with the shop's contract, and
// nothing else to go by.
func (d *Demo) guard(stderr io.Writer) (*serve.Program, error) {
	file, problems := source.Parse(lab.DocumentName, lab.Document())
	if file.Root == nil {
		return nil, problems
	}
	c, problems := openapi.Read(source.NewSet(file), file)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	d.operations = len(c.Operations)
	return serve.Start(serve.Config{
		Read: c, Upstream: d.api, Listen: "127.0.0.1:0", Authentication: config.ByUpstream,
		Drain: time.Second, Stderr: stderr, Quiet: true,
	})
}

// URL is the address of the gate, API that of the shop behind it.
func (d *Demo) URL() string { return d.gate.URL() }

// API is the address of the shop behind the gate.
func (d *Demo) API() string { return d.api }

// Operations is how many the shop's contract describes.
func (d *Demo) Operations() int { return d.operations }

// Calls returns how many calls of the demo have arrived at the shop.
func (d *Demo) Calls() int64 { return d.calls.Load() }

// count counts the calls that come over the gate, which leaves Host as it is:
// the shop's calls of itself have another.
func (d *Demo) count(w http.ResponseWriter, r *http.Request) {
	if r.Host == host {
		d.calls.Add(1)
	}
	d.shop.ServeHTTP(w, r)
}

// Close ends the gate and then the shop.
func (d *Demo) Close() error {
	err := d.gate.Stop()
	d.server.Close()
	return err
}
