package owner

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Sum is a keyed hash of an object or of an owner. Of an owner the zero Sum is
// nobody.
type Sum [16]byte

// Owned says who owns an object.
type Owned struct {
	Object, Owner Sum
	Version       uint32 // of the key of both
}

// Store keeps what was learned, for all gates that share it. Whoever serves has
// one made of package store; programs that embed the gate are spared databases.
type Store interface {
	// Keep keeps who owns objects that nobody owns, all or none, and returns who
	// owns each then.
	Keep(ctx context.Context, list []Owned) ([]Owned, error)
	// Forget makes objects nobody's: of those whose Owner is not the zero Sum
	// only where that one still owns them.
	Forget(ctx context.Context, list []Gone) error
	// Owner returns who owns an object.
	Owner(ctx context.Context, object Sum) (Sum, error)
	// Read calls each with what changed above a change number, 0 for all, and
	// returns the highest.
	Read(ctx context.Context, since int64, each func(Owned) error) (until int64, err error)
	// Follow calls read with 0, and again whenever something has changed or all
	// may have, until ctx ends.
	Follow(ctx context.Context, read func(ctx context.Context, since int64) (until int64, err error))
}

// Hash makes keyed hashes; package trust/keys has one. Hashes of all versions
// are known, new ones are made with the newest.
type Hash interface {
	Newest() uint32
	Versions() []uint32
	Sum(version uint32, message []byte) (sum [32]byte, ok bool)
}

// Keeper knows who owns what was learned. It outlives plans; many goroutines
// use it at once.
type Keeper struct {
	store  Store
	hash   Hash
	log    *slog.Logger
	shared bool
	max    int

	suppose func(kind string) Supposition
	table   atomic.Pointer[table] // nil before it was read first

	asking chan struct{} // who asks the store holds a place

	mu      sync.Mutex // above what follows
	queue   []*learning
	writing bool
	writers sync.WaitGroup

	gone  gone
	reads chan struct{} // holds one: the store was read
	said  atomic.Int64  // when a warning was written last, in seconds
	level atomic.Int32  // of the alarm
	counts
}

// KeeperOptions are what a Keeper is made of.
type KeeperOptions struct {
	Store Store
	Hash  Hash
	// Max bounds the objects that are known at once; each takes about 64 bytes.
	Max int
	// Shared says that other gates write to the store as well: it is asked for
	// objects that nobody is known to own, since another one may just have
	// learned of them.
	Shared bool
	Log    *slog.Logger // nil for nobody
	// Suppose says whose objects of a kind are, where calls are only tried; nil
	// where they are looked up.
	Suppose func(kind string) Supposition
}

// Supposition is whose an object is taken to be.
type Supposition uint8

// What may be supposed.
const (
	Callers Supposition = iota // who calls
	Others                     // somebody else
	Nobodys                    // nobody is known to own it
)

var supposed = [...]finding{Callers: nothing, Others: otherOwner, Nobodys: unknownObject}

const (
	maxAsking  = 16   // goroutines that ask the store at once
	maxWaiting = 4096 // learnings that wait to be written
	maxBatch   = 1000 // objects in one transaction
)

// NewKeeper returns a Keeper that knows nothing until it follows its store.
func NewKeeper(o KeeperOptions) *Keeper {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return &Keeper{store: o.Store, hash: o.Hash, log: o.Log, shared: o.Shared, max: o.Max, suppose: o.Suppose, asking: make(chan struct{}, maxAsking), reads: make(chan struct{}, 1),
		gone: gone{list: map[Sum]Sum{}, more: make(chan struct{}, 1)}}
}

// Follow reads what the store holds and then what changes in it, until ctx
// ends; then it waits for what is being written. Meanwhile it writes what could
// not be written at once.
func (k *Keeper) Follow(ctx context.Context) {
	var teller sync.WaitGroup
	teller.Go(func() { k.retry(ctx) })
	k.store.Follow(ctx, k.read)
	k.writers.Wait()
	teller.Wait()
}

// Begin reads what the store holds, so that the first call finds whose its
// objects are. Where the store gives no answer before ctx ends, Follow reads it
// when it does.
func (k *Keeper) Begin(ctx context.Context) { k.read(ctx, 0) }

// read takes over what changed above since; 0 is everything, into a new table.
func (k *Keeper) read(ctx context.Context, since int64) (int64, error) {
	t := k.table.Load()
	if since == 0 || t == nil {
		t = newTable(k.max)
	}
	until, err := k.store.Read(ctx, since, func(o Owned) error {
		k.take(t, o)
		return nil
	})
	if err == nil || since != 0 {
		k.table.Store(t)
		select {
		case k.reads <- struct{}{}:
		default:
		}
	}
	return until, err
}

// take puts what the store says into a table.
func (k *Keeper) take(t *table, o Owned) outcome {
	owner := hash{}
	if o.Owner != (Sum{}) {
		owner = hashFrom(o.Owner[:]).asOwner()
	}
	if k.gone.has(&o) {
		return kept // it is gone, and the store does not know yet
	}
	done := t.set(hashFrom(o.Object[:]), owner)
	if done == full {
		k.full.Add(1)
	}
	k.alarm(t)
	return done
}

// warn writes a line, one in ten seconds at most.
func (k *Keeper) warn(text string, more ...any) {
	now := time.Now().Unix()
	if before := k.said.Load(); now-before >= 10 && k.said.CompareAndSwap(before, now) {
		k.log.Warn(text, more...)
	}
}

// part appends a part of what is hashed, with its length.
func part[T string | []byte](out []byte, p T) []byte {
	return append(binary.AppendUvarint(out, uint64(len(p))), p...)
}

// sum hashes a message with a version of the key.
func (k *Keeper) sum(version uint32, message []byte) (hash, bool) {
	sum, ok := k.hash.Sum(version, message)
	return hashFrom(sum[:]), ok
}

// caller returns a hash of who calls, for events: of another message than the
// table has, so that the two do not meet.
func (k *Keeper) caller(s *scratch, p *gate.Principal) uint64 {
	if k.hash == nil || p.ID == "" {
		return 0
	}
	s.caller = part(part(s.caller[:0], "reported"), p.ID)
	h, _ := k.sum(k.hash.Newest(), s.caller)
	return h[0]
}

var errUnread = errors.New("the owners of objects were not read yet")

// owner returns whose hash owns an object and the version of the key; the zero
// hash for nobody.
func (k *Keeper) owner(ctx context.Context, object []byte) (owner hash, version uint32, err error) {
	t := k.table.Load()
	if t == nil {
		return owner, 0, errUnread
	}
	newest := k.hash.Newest()
	h, _ := k.sum(newest, object)
	if owner = t.get(h); owner != (hash{}) {
		return owner, newest, nil
	}
	if versions := k.hash.Versions(); len(versions) > 1 {
		for _, v := range versions[1:] {
			if old, ok := k.sum(v, object); ok {
				if owner = t.get(old); owner != (hash{}) {
					return owner, v, nil
				}
			}
		}
	}
	if !k.shared {
		return hash{}, newest, nil
	}
	return k.ask(ctx, t, h, newest)
}

// version is that of the key by which somebody is known to own an object, else
// the newest: a key that is new makes no object one that nobody owns.
func (k *Keeper) version(object []byte) uint32 {
	versions := k.hash.Versions()
	if t := k.table.Load(); t != nil && len(versions) > 1 {
		for _, v := range versions {
			if h, ok := k.sum(v, object); ok && t.get(h) != (hash{}) {
				return v
			}
		}
	}
	return k.hash.Newest()
}

// ask looks an object up in the store that another gate may have written.
func (k *Keeper) ask(ctx context.Context, t *table, object hash, version uint32) (hash, uint32, error) {
	select {
	case k.asking <- struct{}{}:
		defer func() { <-k.asking }()
	case <-ctx.Done():
		return hash{}, 0, ctx.Err()
	}
	found, err := k.store.Owner(ctx, object.bytes())
	if err != nil || found == (Sum{}) {
		return hash{}, version, err
	}
	return hashFrom(found[:]).asOwner(), version, nil
}
