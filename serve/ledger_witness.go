package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/witness"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// askEvery is how often witnesses are asked while there are new entries.
const askEvery = 10 * time.Second

// peers are the witnesses of a configuration.
func peers(s *config.Ledger) (list []witness.Peer, wrong *fault) {
	for i := range s.Witnesses {
		w := &s.Witnesses[i]
		key, err := checkpoint.NewVerifier(w.Key)
		if err != nil {
			return nil, &fault{at: w.At("key"), text: err.Error()}
		}
		p := witness.Peer{Key: key, URL: w.URL}
		if w.CA != "" {
			if p.TLS, wrong = sinkTLS(w.Place, w.CA, "", ""); wrong != nil {
				return nil, wrong
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// witnessed asks the witnesses of the configuration that serves, until ctx ends.
// Nobody waits for them.
func (b *book) witnessed(ctx context.Context, l *ledger.Log) {
	every := time.NewTicker(askEvery)
	defer every.Stop()
	var live *config.Ledger
	var asker *witness.Asker
	var files *ledger.Folder
	end := func() {
		if asker != nil {
			asker.Close()
			files.Close()
			asker = nil
		}
	}
	defer end()
	failing := ""
	for {
		if s := b.bounds.settings.Load(); s != live {
			end()
			live = s
			if asker, files = b.asker(l, s); asker == nil {
				b.asking.Store(nil)
			} else {
				b.asking.Store(asker)
			}
		}
		if asker != nil {
			b.ask(ctx, asker, &failing)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-b.askNow:
		}
	}
}

// ask asks once, and says when it begins to fail and when it ends.
func (b *book) ask(ctx context.Context, asker *witness.Asker, failing *string) {
	err := asker.Ask(ctx)
	if ctx.Err() != nil {
		return
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	list, _ := asker.Standings()
	for _, s := range list {
		if s.Failed != "" {
			text += fmt.Sprintf("; %s: %s", s.Name, s.Failed)
		}
	}
	switch {
	case text == *failing:
	case text == "":
		b.options.Say("all witnesses cosign it again")
	default:
		b.options.Say("its checkpoints are not cosigned by all witnesses: " + text)
	}
	*failing = text
}

// asker is what asks the witnesses of a configuration; nil where it has none.
func (b *book) asker(l *ledger.Log, s *config.Ledger) (*witness.Asker, *ledger.Folder) {
	if s == nil || len(s.Witnesses) == 0 {
		return nil, nil
	}
	list, wrong := peers(s)
	own, err := checkpoint.NewVerifier(l.Stats().Verifier)
	files, unread := ledger.ReadFolder(b.options.Dir)
	if wrong != nil || err != nil || unread != nil { // it was read already when the configuration was taken over
		b.options.Say("its witnesses cannot be asked: a file that the configuration names does not read any more")
		if unread == nil {
			files.Close()
		}
		return nil, nil
	}
	return witness.NewAsker(files, own, s.Quorum, list), files
}

// cosigned is what metrics show of witnesses.
func (b *book) cosigned(out *metrics.Ledger) {
	a := b.asking.Load()
	if a == nil {
		return
	}
	list, n := a.Standings()
	out.Cosigned = n
	for _, s := range list {
		out.Witnesses = append(out.Witnesses, metrics.LedgerWitness{Name: s.Name, Entries: s.Size, Up: s.Failed == "", Forked: s.Forked})
	}
}

// sealsWitness reports whether a version of data seals the key of the witness.
func (k *oldKeys) sealsWitness(o *OldKey) (bool, error) {
	if a := k.config.Admin; a != nil && a.Witness != nil {
		return sealedIn(string(a.Witness.Path), seal.Version(o.number), "witness")
	}
	return false, nil
}
