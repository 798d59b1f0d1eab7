package serve

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// patience is how long a configuration waits for services that open keys and
// secrets, all in all.
const patience = 30 * time.Second

// custody has the gate's own keys and the secrets that services keep or sealed.
// It outlives plans: handles of keys stay, and a service that is down takes
// nothing away from a gate that serves.
type custody struct {
	log *slog.Logger // nil for nobody

	keys  *keys.Keys
	file  config.File // "" for keys in memory
	with  sum         // the settings that the keys were opened with
	began time.Time   // before anything was opened

	wrappers map[sum]wrap.Wrapper
	unsealed map[sum]string // by the sums of sealed files that the live configuration names

	mu    sync.Mutex
	vault *vaultSecrets // guarded by mu; nil where nothing is asked of Vault
	stale atomic.Bool   // a secret of Vault is another one than the live configuration has

	renewing  atomic.Bool // the keys are being read again
	renewed   atomic.Bool // they are others than the live configuration was made with
	every     time.Duration
	patience  time.Duration // with the service that opens the keys
	renewedAt time.Time     // when they were last to be read again
	refused   atomic.Bool   // they could not be, the last time
}

func newCustody() *custody {
	return &custody{began: time.Now(), wrappers: map[sum]wrap.Wrapper{}, unsealed: map[sum]string{}, every: renewEvery, patience: patience}
}

// open has the keys that a configuration names: made at the first start, read
// again when another program changed them.
func (c *custody) open(d *draft) *fault {
	t := &d.config.Trust
	if c == nil { // nothing is served
		return nil
	}
	if c.keys != nil && t.KeysFile != c.file {
		return &fault{at: t.Place.At("keys_file"), text: "the gate has its keys from elsewhere, and what it made with them is in use", remedy: "restart it to change keys_file"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	if t.KeysFile == "" {
		return c.generate()
	}
	d.files.add(string(t.KeysFile))
	w, key, err := c.wrapper(t, d.files)
	switch {
	case err != nil:
	case c.keys == nil:
		if c.keys, err = keys.Open(ctx, keys.File(t.KeysFile), w); err != nil {
			c.keys = nil
		}
	case key != c.with:
		err = c.keys.Reopen(ctx, w)
	default:
		if _, err = c.keys.Refresh(ctx); wrap.Down(err) {
			c.warn("the gate's own keys were changed and cannot be opened for now: those in memory go on", err)
			return nil
		}
	}
	if err != nil {
		return keysFault(t, err)
	}
	d.files.add(string(t.KeysFile)) // as it is now: the first start has made it
	c.file, c.with = t.KeysFile, key
	return nil
}

// renewEvery is how often the keys are read again. It is a fraction of takenUp.
const renewEvery = 5 * time.Second

// renew reads the gate's own keys again when another program changed them, also
// while the configuration as a whole cannot be taken over or what opens keys was
// down when they changed: nothing may be made with a version that others take for
// taken out of use. It does not wait for the answer.
func (c *custody) renew(ctx context.Context, now time.Time) {
	k := c.keys
	if k == nil || !k.Durable() || now.Sub(c.renewedAt) < c.every || c.renewing.Swap(true) {
		return
	}
	c.renewedAt = now
	go func() {
		defer c.renewing.Store(false)
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		changed, err := k.Refresh(ctx)
		if changed {
			c.renewed.Store(true)
		}
		if failed := err != nil && ctx.Err() == nil; failed && !c.refused.Swap(true) {
			c.warn("the gate's own keys cannot be read again for now: those in memory go on", err)
		} else if err == nil {
			c.refused.Store(false)
		}
	}()
}

// generate makes keys that end with the program.
func (c *custody) generate() *fault {
	if c.keys != nil {
		return nil
	}
	k, err := keys.Generate()
	if err != nil {
		return &fault{text: "the gate's own keys cannot be made: " + err.Error()}
	}
	c.keys = k
	return nil
}

// sealer seals what is kept on disk; nil where the keys end with the program.
func (c *custody) sealer() seal.Sealer {
	if c == nil || c.keys == nil || !c.keys.Durable() {
		return nil
	}
	return c.keys.Data()
}

func (c *custody) warn(text string, err error) {
	if c.log != nil {
		c.log.Warn(text, "cause", err)
	}
}

// keysFault says why there are no keys.
func keysFault(t *config.Trust, err error) *fault {
	f := &fault{at: t.Place.At("keys_file"), text: "the gate's own keys: " + err.Error()}
	var w *wrap.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &w):
		f.at = t.Place.At("key")
		f.text, f.remedy = "the gate's own keys cannot be opened or kept: "+w.Who+": "+w.Text, w.Hint
		if w.Down && f.remedy == "" {
			f.remedy = "the gate starts when it answers again"
		}
	case errors.Is(err, wrap.ErrForm), errors.Is(err, wrap.ErrPurpose), errors.Is(err, wrap.ErrChanged):
		f.remedy = "restore the file from a backup: without it, what the keys sealed and hashed is lost"
	case errors.Is(err, keys.ErrRaced):
		f.remedy = "try again; a file " + string(t.KeysFile) + ".new that nobody writes is passed over after a minute"
	case errors.As(err, &path):
		f.text, f.remedy = "the gate's own keys cannot be kept: "+path.Op+" "+path.Path+": "+path.Err.Error(), "name a file in a folder that the gate may write to"
	}
	return f
}

// wrapper returns what wraps keys by the settings, and their sum.
func (c *custody) wrapper(t *config.Trust, files watch) (wrap.Wrapper, sum, error) {
	k := newKey()
	fingerprint(k, reflect.ValueOf(config.Trust{Key: t.Key, Vault: t.Vault}), files)
	key := k.sum()
	if w := c.wrappers[key]; w != nil {
		return w, key, nil
	}
	w, err := newWrapper(t)
	if err == nil {
		c.wrappers = map[sum]wrap.Wrapper{key: w}
	}
	return w, key, err
}

// inquiry opens what the references of one configuration lead to.
type inquiry struct {
	custody *custody
	draft   *draft
	trust   *config.Trust
	vault   *config.Vault // nil for none
	ctx     context.Context
	secrets *vaultSecrets // of this configuration
	opened  map[sum]string
}

// remote returns what opens references of a draft. What it found is the
// custody's when the draft serves. Where it has to be another Vault than the file
// names, alter says so.
func (c *custody) remote(ctx context.Context, d *draft, alter func(*config.Vault)) config.Remote {
	if c == nil {
		return config.Unasked
	}
	return func(t *config.Trust) trust.Remote {
		asked := t.Vault
		if alter != nil && asked != nil {
			other := *asked
			alter(&other)
			asked = &other
		}
		d.inquired = &inquiry{custody: c, draft: d, trust: t, vault: asked, ctx: ctx, opened: map[sum]string{}}
		return d.inquired
	}
}

// Unseal implements trust.Remote. What was opened before is not asked for again:
// the same text holds the same secret.
func (q *inquiry) Unseal(text []byte) (string, *trust.Note) {
	key := sum(sha256.Sum256(text))
	if value, ok := q.custody.unsealed[key]; ok {
		q.opened[key] = value
		return value, nil
	}
	w, _, err := q.custody.wrapper(q.trust, q.draft.files)
	if err != nil {
		return "", &trust.Note{Text: err.Error()}
	}
	plain, err := wrap.Open(q.ctx, w, text, sealedSecret)
	if err != nil {
		return "", &trust.Note{Text: err.Error(), Hint: "gatehouse secret seal makes such a file"}
	}
	q.opened[key] = string(plain)
	clear(plain)
	return q.opened[key], nil
}

// sealedSecret is the purpose of files that gatehouse secret seal makes.
const sealedSecret = "secret of a configuration"

// settle makes what the references of a draft led to what is kept for the next.
func (c *custody) settle(d *draft) {
	c.unsealed = map[sum]string{}
	var secrets *vaultSecrets
	if d.inquired != nil {
		c.unsealed, secrets = d.inquired.opened, d.inquired.secrets
	}
	c.mu.Lock()
	c.vault = secrets
	c.mu.Unlock()
	c.stale.Store(false)
}
