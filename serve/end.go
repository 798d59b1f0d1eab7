package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/inherit"
)

// retire closes a door and lets its exchanges end within their time.
func (p *Program) retire(d *door, drain time.Duration) {
	p.serving.Go(func() {
		ctx, cancel := context.WithTimeout(p.ending, drain)
		defer cancel()
		if err := d.shut(ctx); err != nil {
			p.cutLate.Store(true)
			p.log.Warn("calls on a closed listener were cut, since they did not end in time", "address", d.settings.Address)
		}
		d.close()
	})
}

// leastFlush is what the writer of events gets when exchanges took all the time
// to drain, and after Cut: a cut loses no event that can be written at once.
const leastFlush = time.Second

// Stop says that the gate is not ready any more, refuses new connections, lets
// exchanges end for the configured time and writes the last events. When Cut is
// closed exchanges end at once, and leastFlush later what is not written is
// lost. It returns an error when exchanges were cut or events lost.
func (p *Program) Stop() error {
	p.tell(p.notify.Stopping)
	p.offer.close() // a gate that is started now opens the addresses itself
	if !p.handed {  // otherwise the other gate is ready
		p.ready.Store(false) // before anything closes, so that nobody sends more
	}
	end := time.Now().Add(p.live.config.Drain)
	drain, cut := context.WithDeadline(context.Background(), end)
	defer cut()
	flush, lose := context.WithCancel(context.Background())
	defer lose()
	defer p.watchCut(cut, lose)()
	err := p.shut(drain)
	p.note(nil, p.happened(gate.Stopped, "", p.live, p.live))
	if least := time.Now().Add(leastFlush); end.Before(least) {
		end = least
	}
	flush, cancel := context.WithDeadline(flush, end)
	defer cancel()
	return errors.Join(err, p.close(flush))
}

// shut ends the engines, those of closed doors included.
func (p *Program) shut(drain context.Context) error {
	defer context.AfterFunc(drain, p.end)()
	var cut atomic.Bool
	var work sync.WaitGroup
	for _, d := range p.doors {
		work.Go(func() {
			if d.shut(drain) != nil {
				cut.Store(true)
			}
		})
	}
	work.Wait()
	p.serving.Wait() // also for doors that still drain
	if cut.Load() || p.cutLate.Load() {
		return errors.New("stopped before all exchanges had ended")
	}
	return nil
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
	p.end()
	for _, d := range p.doors {
		d.close()
	}
	p.serving.Wait()
	p.swept.Wait()
	p.giveBack(ctx)
	p.closeMaintenance()
	p.closeAdmin()
	p.notary.close()
	p.reader.ways.close()
	p.reader.credentials.closeAll()
	p.reader.load.close()
	p.reader.feeds.close()
	recorded := p.reader.book.close()
	p.reader.keeper.close()
	p.reader.shared.close()
	p.offer.close()
	if p.heritage.taken != nil { // nothing came of it: the gate before serves on
		p.heritage.taken.Close()
	}
	inherit.Close(p.heritage.systemd)
	p.unsent(p.telemetry.close(ctx))
	var err error
	if p.events != nil {
		err = p.events.close(ctx)
	}
	if recorded != nil {
		err = errors.Join(err, fmt.Errorf("the ledger: %w", recorded))
	}
	if p.lines != nil {
		p.lines.Shutdown(ctx) // there is no place left to say that it is stuck
	}
	return err
}
