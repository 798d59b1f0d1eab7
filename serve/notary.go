package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/console"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/witness"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// notary is the gate as a witness of other ledgers. It outlives plans.
type notary struct {
	settings config.Witness
	keys     seal.Sealer
	say      func(text string)

	mu      sync.Mutex
	witness *witness.Witness // guarded by mu; nil until it is open
	files   *ledger.Folder   // guarded by mu
	logs    []string         // their keys; guarded by mu

	work sync.WaitGroup
	ctx  context.Context
	end  context.CancelFunc
}

// notarize opens the witness that a configuration describes. A gate that hands its
// listeners over still has it: then it is waited for beside serving, and logs are
// told to come again.
func (p *Program) notarize(d *draft) *fault {
	a := d.config.Admin
	if a == nil || a.Witness == nil || p.reader.custody.sealer() == nil {
		return nil
	}
	s := a.Witness
	if n := p.notary; n != nil {
		if n.settings.Path != s.Path || n.settings.Name != s.Name {
			return &fault{at: s.Place, text: "the witness is not the one that the gate was started with", remedy: "start the gate anew"}
		}
		return nil
	}
	n := newNotary(s, p.reader.custody.sealer(), p.log)
	err := n.open()
	switch {
	case err == nil:
		p.log.Info("this gate is a witness", "key", n.verifier())
	case errors.Is(err, ledger.ErrLocked) && p.heritage.taken != nil:
		n.work.Go(n.wait)
	default:
		n.close()
		return &fault{at: s.Place, text: "the witness cannot be opened: " + err.Error(), remedy: "each gate that is a witness has a folder of its own"}
	}
	p.notary = n
	return nil
}

func newNotary(s *config.Witness, keys seal.Sealer, log *slog.Logger) *notary {
	n := &notary{settings: *s, keys: keys, say: func(text string) { log.Warn("witness: " + text) }}
	n.ctx, n.end = context.WithCancel(context.Background())
	return n
}

func (n *notary) open() error {
	files, err := ledger.WriteFolder(string(n.settings.Path))
	if err != nil {
		return err
	}
	w, err := witness.New(witness.Options{Files: files, Name: n.settings.Name, Keys: n.keys, Now: time.Now, Say: n.say})
	if err != nil {
		files.Close()
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.witness, n.files = w, files
	return w.Use(n.logs)
}

// wait opens the witness as soon as nobody else has it.
func (n *notary) wait() {
	every := time.NewTicker(ledgerEvery)
	defer every.Stop()
	told := false
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-every.C:
		}
		switch err := n.open(); {
		case err == nil:
			return
		case !errors.Is(err, ledger.ErrLocked) && !told:
			told = true
			n.say("it cannot be opened, and nothing is cosigned: " + err.Error())
		}
	}
}

// settle has the witness cosign the logs of a configuration that serves.
func (n *notary) settle(a *config.Admin) {
	if n == nil {
		return
	}
	var logs []string
	if a != nil && a.Witness != nil {
		logs = a.Witness.Logs
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.logs = logs; n.witness == nil {
		return
	}
	if err := errors.Join(n.witness.Use(logs), n.witness.Reseal()); err != nil {
		n.say(err.Error())
	}
}

// verifier is the public key of the witness; "" where there is none yet.
func (n *notary) verifier() string {
	if n == nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.witness == nil {
		return ""
	}
	return n.witness.Verifier()
}

// cosign is what answers logs; nil where the gate is no witness.
func (n *notary) cosign() func(body []byte) console.Answer {
	if n == nil {
		return nil
	}
	return func(body []byte) console.Answer {
		n.mu.Lock()
		w := n.witness
		n.mu.Unlock()
		if w == nil {
			return console.Answer(witness.Away)
		}
		return console.Answer(w.Add(body))
	}
}

// close gives the folder free. It may be called on nil.
func (n *notary) close() {
	if n == nil {
		return
	}
	n.end()
	n.work.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.files != nil {
		n.files.Close()
	}
}
