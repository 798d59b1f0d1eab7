// Package serve assembles the whole program for the command: it reads the
// contract, compiles the plan, opens listeners and the sink of events, and
// ends in good order. Package cmd imports it; it knows every other package and
// holds no rule of its own about what may pass.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/std"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// Program is a gate that serves.
type Program struct {
	config   Config
	gate     *gate.Gate
	engine   *std.Server
	events   *events
	log      *record.Log
	upstream *upstream.Upstream
	listener *edge.Listener
	serving  sync.WaitGroup // the engine; close waits for it
	failed   chan error     // its end before Stop
}

// Run starts a program and serves until ctx ends, then drains. Mistakes in
// the configuration are what ConfigErrors finds, those in the contract
// source.Problems.
func Run(ctx context.Context, c Config) error {
	p, err := Start(c)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// Wait serves until ctx ends or the listener fails, and stops.
func (p *Program) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return p.Stop()
	case err := <-p.failed:
		return errors.Join(err, p.Stop())
	}
}

// Start reads the contract and listens. When it returns, clients are served
// until Stop.
func Start(c Config) (*Program, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Drain == 0 {
		c.Drain = defaultDrain
	}
	if c.Stderr == nil {
		c.Stderr = io.Discard
	}
	if c.Stdout == nil {
		c.Stdout = io.Discard
	}
	p := &Program{config: c, failed: make(chan error, 1)}
	if err := p.start(); err != nil {
		p.close(context.Background())
		return nil, err
	}
	return p, nil
}

func (p *Program) start() error {
	level := slog.LevelInfo
	if p.config.Quiet {
		level = slog.LevelWarn
	}
	p.log = record.NewLog(p.config.Stderr)
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: level}))
	var err error
	if p.upstream, err = p.config.newUpstream(); err != nil {
		return err
	}
	c, plan, problems := p.compile()
	if err := problems.Err(); err != nil {
		return err
	}
	exposed := exposedOperations(gatehouse.Survey(c))
	if c.Files != nil {
		c.Files.Close() // nothing more is read
	}
	if p.events, err = openEvents(&p.config, log); err != nil {
		return err
	}
	p.gate = gate.New(gate.Options{Sink: p.events.Sink, Log: log})
	p.gate.Swap(plan)
	if err := p.listen(log); err != nil {
		return err
	}
	if !p.config.Quiet {
		io.WriteString(p.log, p.banner(c, problems, exposed))
	}
	// A big document leaves many times the plan's size behind.
	debug.FreeOSMemory()
	return nil
}

// decide says by which flags a program decides who verifies credentials.
const decide = "--authentication upstream when the API verifies credentials itself: the gate then demands that they are present; --public to let everybody in"

// compile reads the contract and makes the plan, so that all problems are
// known at once.
func (p *Program) compile() (*contract.Contract, *gate.Plan, source.Problems) {
	c, problems := p.config.Read, source.Problems(nil)
	if c == nil {
		c, problems = openapi.Load(p.config.Contract)
	}
	if c == nil {
		return nil, nil, problems
	}
	plan, more := gatehouse.Compile(gatehouse.API{Contract: c, Upstream: p.upstream, Decide: decide, Options: gatehouse.Options{
		Authentication: p.config.Authentication,
		Settings: gatehouse.Settings{
			Mode: p.config.Mode, Undeclared: config.Undeclared{Requests: p.config.Undeclared}, MaxBodyBytes: config.Bytes(p.config.MaxBodyBytes),
		},
	}})
	p.config.Read = nil
	return c, plan, append(problems, more...).Sort()
}

// listen opens the listener and serves it.
func (p *Program) listen(log *slog.Logger) error {
	o := p.config.edge()
	o.Log = log
	l, err := edge.Listen(*o)
	if err != nil {
		return p.config.listenError(err)
	}
	p.listener = l
	if err := p.loops(); err != nil {
		return err
	}
	p.engine = std.NewServer(p.gate, std.Options{Log: log})
	p.serving.Go(func() {
		if err := p.engine.Serve(l, l.TLS()); err != nil {
			p.failed <- fmt.Errorf("the listener failed: %w", err)
		}
	})
	return nil
}

// URL is where clients connect.
func (p *Program) URL() string {
	scheme := "http"
	if p.listener.TLS() != nil {
		scheme = "https"
	}
	return scheme + "://" + p.listener.Addr().String()
}

// leastFlush is what the writer of events gets when exchanges took all the time
// to drain, and after Cut: a cut loses no event that can be written at once.
const leastFlush = time.Second

// Stop refuses new connections, lets exchanges end for the configured time and
// writes the last events. When Cut is closed exchanges end at once, and
// leastFlush later what is not written is lost. It returns an error when
// exchanges were cut or events lost.
func (p *Program) Stop() error {
	end := time.Now().Add(p.config.Drain)
	drain, cut := context.WithDeadline(context.Background(), end)
	defer cut()
	flush, lose := context.WithCancel(context.Background())
	defer lose()
	defer p.watchCut(cut, lose)()
	err := p.engine.Shutdown(drain)
	if err != nil {
		err = errors.New("stopped before all exchanges had ended")
	}
	if least := time.Now().Add(leastFlush); end.Before(least) {
		end = least
	}
	flush, cancel := context.WithDeadline(flush, end)
	defer cancel()
	return errors.Join(err, p.close(flush))
}

// watchCut calls cut when Cut is closed, and lose after leastFlush more. It
// goes on until stop is called.
func (p *Program) watchCut(cut, lose func()) (stop func()) {
	stopped := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		select {
		case <-p.config.Cut:
			cut()
		case <-stopped:
			return
		}
		least := time.NewTimer(leastFlush)
		defer least.Stop()
		select {
		case <-least.C:
			lose()
		case <-stopped:
		}
	})
	return func() {
		close(stopped)
		work.Wait()
	}
}

// close releases what was opened; it may be called after a start that failed
// half-way.
func (p *Program) close(ctx context.Context) error {
	if p.listener != nil {
		p.listener.Close()
	}
	p.serving.Wait()
	if p.upstream != nil {
		p.upstream.Close()
	}
	var err error
	if p.events != nil {
		err = p.events.close(ctx)
	}
	if p.log != nil {
		p.log.Shutdown(ctx) // there is no place left to say that it is stuck
	}
	return err
}
