// Package ledger keeps entries so that nobody can take one away, change it or put
// one between unseen, not even whoever owns the disk: an append-only Merkle log in
// the files of C2SP tlog-tiles, whose signed checkpoints witnesses cosign. Entries
// are encrypted; an auditor verifies the log without any key of it.
//
// How to use it: Open the log once. Before something is done that must be on
// record, Reserve room for the entries; where that fails, do not do it. Then
// Commit an entry, which puts it in line and does not wait, or make it Durable,
// which returns once it is on disk and synced: from then on no crash loses it.
// Entries that many goroutines commit at a time share one sync. Release gives back
// what was not used. Everything else happens behind that: entries go into the tree
// and a new checkpoint is signed, at most every Options.Every.
//
// What is on disk: keys and vkey (the ledger's own keys, sealed; their public
// half), pending-NUMBER (entries that are synced and not in the tree yet), tile/
// and checkpoint (the tree, C2SP tlog-tiles), minimum (what was deleted), deleting
// (what is about to be).
//
// serve and the command import it; it knows no event, no request and no
// configuration.
package ledger

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/ledger/tile"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Options say where a ledger is and what bounds it.
type Options struct {
	// Dir is the folder of the ledger. It is made where there is none.
	Dir string
	// Files are used in the place of Dir where they are not nil.
	Files Files
	// Origin names the log in its checkpoints and keys, for as long as it lives:
	// the configured name, "/", the id of the node. It has no space and no plus.
	Origin string
	// Keys seal the ledger's own keys: those of the gate (trust/keys, Keys.Data).
	Keys seal.Sealer
	// Every is how long entries wait for their checkpoint, at most, unless the
	// disk is slower; default 1s.
	Every time.Duration
	// MaxBytes bounds what is reserved and what is in memory on its way to the
	// tree, in bytes; default 64 MiB.
	MaxBytes int64
	// Turn is after how long the next key encrypts entries, at the latest: what is
	// deleted by age is deleted by that much at a time; default 24h.
	Turn time.Duration
	// KeepFree is how many bytes of the disk stay free: Reserve refuses before
	// the disk is full; default 64 MiB.
	KeepFree int64
	// Say is told what the log did on its own: repairs, and failures of the disk
	// when they begin and when they end; default nobody. It must not block.
	Say func(text string)

	segment int // bytes after which the next one begins; segmentBytes but in tests
}

// Overhead is what an entry costs beside its own bytes, in memory and on disk:
// who reserves room for an entry adds it.
const Overhead = 192

// MaxEntry bounds one entry, in bytes.
const MaxEntry = tile.MaxEntry - sealOverhead

// Why there is no room or no entry. Each means that what is to be on record must
// not be done.
var (
	ErrBusy   = errors.New("the ledger has no room in memory: the disk is slower than what is to be recorded")
	ErrFull   = errors.New("the ledger has no room on its disk")
	ErrFailed = errors.New("the disk of the ledger fails")
	ErrClosed = errors.New("the ledger is closed")
	ErrTicket = errors.New("the entry is larger than what was reserved for it")
)

// Log is a ledger that is open. It may be used by many goroutines.
type Log struct {
	Options
	files  Files
	closer io.Closer
	keys   *keyring

	held   atomic.Int64 // bytes that are reserved or in memory
	free   atomic.Int64 // bytes of the disk, as last measured
	failed atomic.Bool  // the disk took nothing the last time
	closed atomic.Bool
	poke   chan struct{} // has the integrator look around

	mu       sync.Mutex
	groups   []*group     // guarded by mu; to be written, the last one open
	writing  *group       // guarded by mu; nil while nothing is
	synced   int64        // guarded by mu; entries below are durable
	ready    []*group     // guarded by mu; durable, not in the tree
	segments []segmentRef // guarded by mu; on disk, the oldest first
	size     int64        // guarded by mu; of the last checkpoint
	problem  error        // guarded by mu; of the tree, nil where all is well
	repairs  []string     // at start-up

	plains  spares   // guarded by mu; for what comes
	sealed  spares   // guarded by mu; for records
	resting []*group // guarded by mu; to be used again

	wake     chan struct{} // has the writer look for groups
	hurry    chan struct{} // has it rest no longer
	stop     chan struct{} // closed by Close
	written  chan struct{} // closed when the writer has ended
	finished chan struct{} // closed when the integrator has ended

	pen  pen  // of the writer
	tree tree // of the integrator

	retaining sync.Mutex // one deletion at a time
	kept      weight     // guarded by retaining
	owed      bool       // guarded by retaining; what the log says is deleted is there in part
}

type segmentRef struct {
	number uint64
	first  int64
}

func (o *Options) fill() error {
	if o.Every <= 0 {
		o.Every = time.Second
	}
	if o.Turn <= 0 {
		o.Turn = 24 * time.Hour
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.KeepFree <= 0 {
		o.KeepFree = 64 << 20
	}
	if o.segment <= 0 {
		o.segment = segmentBytes
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Keys == nil {
		return errors.New("a ledger needs keys that seal its own")
	}
	return checkpoint.CheckName(o.Origin)
}

// Open opens a ledger, or begins one in a folder that is empty. What a crash left
// undone is done first; Stats.Repairs says what that was. Damage is an error and
// changes nothing: a *Fault where it can be located. The caller closes the log.
func Open(o Options) (*Log, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	l := &Log{
		Options: o, files: o.Files, poke: make(chan struct{}, 1), wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		stop: make(chan struct{}), written: make(chan struct{}), finished: make(chan struct{}),
		plains: spares{most: sparePlain}, sealed: spares{most: spareRecords}, tree: tree{bundles: spares{most: spareBundles}},
	}
	if l.files == nil {
		f, err := WriteFolder(o.Dir)
		if err != nil {
			return nil, err
		}
		l.files, l.closer = f, f
	}
	l.measure()
	if err := l.recover(); err != nil {
		if l.closer != nil {
			l.closer.Close()
		}
		return nil, err
	}
	go l.write()
	go l.integrate()
	return l, nil
}

// Reserve holds room in memory and on disk for entries that have n bytes together
// at most, Overhead for each of them included. It never blocks. Where it fails,
// the error is ErrBusy, ErrFull, ErrFailed or ErrClosed. Every ticket is released.
func (l *Log) Reserve(n int) (Ticket, error) {
	switch {
	case l.closed.Load():
		return Ticket{}, ErrClosed
	case l.failed.Load():
		return Ticket{}, ErrFailed
	case n < 0:
		return Ticket{}, ErrTicket
	}
	held := l.held.Add(int64(n))
	if held > l.MaxBytes {
		l.held.Add(-int64(n))
		return Ticket{}, ErrBusy
	}
	// An entry is written three times before its pending copy goes: as pending, in
	// its bundle, and in bundles that are not full.
	if l.free.Load()-3*held < l.KeepFree {
		l.held.Add(-int64(n))
		signal(l.poke) // so that room that was made since is seen
		return Ticket{}, ErrFull
	}
	return Ticket{log: l, left: n}, nil
}

// Ticket is room for entries. It is used by one goroutine at a time. The zero
// Ticket has no room.
type Ticket struct {
	log  *Log
	left int
}

// Commit puts an entry in line to be recorded, and does not wait: a crash may
// still lose it. It is on disk within a moment (rest). Commit keeps nothing of
// entry. It fails where the ticket has no room left for the entry, or the log is
// closed.
func (t *Ticket) Commit(entry []byte) error {
	_, err := t.commit(entry, false)
	return err
}

// Durable is Commit, and returns once the entry is on disk and synced. After an
// error, that of ctx too, the entry may be on record or not.
func (t *Ticket) Durable(ctx context.Context, entry []byte) error {
	o, err := t.commit(entry, true)
	if err != nil {
		return err
	}
	return o.wait(ctx)
}

// Release gives back the room that no entry took. It may be called more than once.
func (t *Ticket) Release() {
	if t.left > 0 {
		t.log.held.Add(-int64(t.left))
	}
	t.left = 0
}

func (t *Ticket) commit(entry []byte, waits bool) (*outcome, error) {
	cost := len(entry) + Overhead
	if cost > t.left || len(entry) > MaxEntry {
		return nil, ErrTicket
	}
	o, err := t.log.commit(entry, int64(cost), waits, false)
	if err == nil {
		t.left -= cost
	}
	return o, err
}

// add puts an entry in line that is kept as it is, and is waited for.
func (l *Log) add(entry []byte, cost int64) (*outcome, error) {
	return l.commit(entry, cost, true, true)
}

// commit copies an entry into the group that is open.
func (l *Log) commit(entry []byte, cost int64, waits, asIs bool) (o *outcome, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return nil, ErrClosed
	}
	g := l.open(plainHead + len(entry))
	g.put(entry, asIs)
	g.cost += cost
	if waits {
		o = g.await()
	}
	if !g.hurried && (waits || len(g.plain) >= hurryBytes) {
		g.hurried = true
		signal(l.hurry)
	}
	return o, nil
}

// open returns the group that is open and has so much room. The lock is held.
func (l *Log) open(size int) *group {
	n := len(l.groups)
	if n > 0 && len(l.groups[n-1].plain)+size <= maxGroup {
		return l.groups[n-1]
	}
	g := &group{}
	if n := len(l.resting) - 1; n >= 0 {
		g, l.resting = l.resting[n], l.resting[:n]
	}
	g.plain = l.plains.take()
	l.groups = append(l.groups, g)
	signal(l.wake)
	if n > 0 {
		signal(l.hurry) // the one before is full
	}
	return g
}

// Sync returns once every entry that was committed before is on disk and synced.
func (l *Log) Sync(ctx context.Context) error {
	l.mu.Lock()
	var waiting []*outcome
	for _, g := range l.groups {
		g.hurried = true
		waiting = append(waiting, g.await())
	}
	if l.writing != nil {
		waiting = append(waiting, l.writing.await())
	}
	l.mu.Unlock()
	signal(l.hurry)
	for _, o := range waiting {
		if err := o.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close takes no more entries, records those that are in line, brings all into the
// tree and gives the folder free. Its error says that entries could not be
// recorded, or that some are still pending: those are durable.
func (l *Log) Close() error {
	l.mu.Lock()
	already := l.closed.Swap(true)
	l.mu.Unlock()
	if !already {
		close(l.stop)
	}
	<-l.written
	<-l.finished
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.problem
	if len(l.groups) > 0 || l.writing != nil {
		err = errors.Join(ErrFailed, err)
	}
	if l.closer != nil {
		err = errors.Join(err, l.closer.Close())
		l.closer = nil
	}
	return err
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
