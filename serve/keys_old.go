package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// How long versions of the gate's own keys are needed once there is a newer one:
// until every gate has taken that up, and until what was made for minutes has
// ended.
const (
	takenUp = time.Minute
	ended   = time.Hour
)

// OldKey is an earlier version of one of the gate's own keys, and what became of
// it.
type OldKey struct {
	Key       keys.Name
	Version   string
	Destroyed bool
	Because   string // it was not destroyed; "" when it was
	Hint      string
	number    uint32
}

// Destruction says which earlier versions are to be destroyed.
type Destruction struct {
	File    string // a gatehouse.yaml
	Key     string // "" for all that nothing needs
	Version string
	Now     bool // no gate runs that has not taken the newest versions up
}

// DestroyKeys destroys earlier versions of the gate's own keys that nothing needs
// any more, and says of each what became of it.
func DestroyKeys(ctx context.Context, d Destruction) ([]OldKey, source.Problems) {
	if d.Key != "" {
		if _, problems := keyNames(d.File, []string{d.Key}); problems != nil {
			return nil, problems
		}
	}
	at, problems := oldKeysIn(ctx, d.File)
	if at == nil {
		return nil, problems
	}
	defer at.close()
	list := at.old()
	if d.Key != "" {
		found, complaint := pick(list, d, at.keys.Status())
		if complaint != nil {
			return nil, append(problems, *complaint)
		}
		list = []OldKey{*found}
	}
	for i := range list {
		if err := at.destroy(ctx, &list[i], d.Now, time.Now()); err != nil {
			return list[:i], append(problems, keysProblem(&at.config.Trust, err))
		}
	}
	return list, problems
}

// oldKeys are keys with the store in which things may stand that need them.
type oldKeys struct {
	*kept
	store *store.Store // nil where there is none
}

func oldKeysIn(ctx context.Context, file string) (*oldKeys, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k, problems := keysIn(ctx, file)
	if k == nil {
		return nil, problems
	}
	at := &oldKeys{kept: k}
	if k.config.Store == nil {
		return at, problems
	}
	s, err := store.Open(StoreSettings(k.config.Store))
	if err == nil {
		at.store = s
		if err = s.Prepare(ctx); err == nil {
			return at, problems
		}
		s.Close()
	}
	return nil, append(problems, k.config.Store.Place.Problem("what the store holds says which keys are needed: try again when it answers", "the store cannot be read: %v", err))
}

func (k *oldKeys) close() {
	if k.store != nil {
		k.store.Close()
	}
}

// old lists the earlier versions of all keys, the oldest of each first.
func (k *oldKeys) old() (list []OldKey) {
	for _, s := range k.keys.Status() {
		for _, v := range slices.Backward(s.Versions[1:]) {
			list = append(list, OldKey{Key: s.Name, Version: v.Text, number: v.Version})
		}
	}
	return list
}

// pick finds the version that was asked for.
func pick(list []OldKey, d Destruction, all []keys.Status) (*OldKey, *source.Problem) {
	complain := func(hint, text string, args ...any) (*OldKey, *source.Problem) {
		return nil, &source.Problem{Position: source.Position{File: d.File}, Text: fmt.Sprintf(text, args...), Hint: hint}
	}
	var versions []string
	for _, s := range all {
		if string(s.Name) == d.Key && s.Versions[0].Text == d.Version {
			return complain("make a newer one first: gatehouse trust rotate "+d.Key, "version %s of %s is the newest, and stays", d.Version, d.Key)
		}
	}
	for i := range list {
		if string(list[i].Key) != d.Key {
			continue
		}
		if list[i].Version == d.Version {
			return &list[i], nil
		}
		versions = append(versions, list[i].Version)
	}
	if len(versions) == 0 {
		return complain("gatehouse trust status lists all versions", "%s has no earlier versions", d.Key)
	}
	return complain(source.DidYouMean("there are "+strings.Join(versions, ", "), d.Version, versions...), "%s has no version of this name", d.Key)
}

// destroy destroys a version, if nothing needs it.
func (k *oldKeys) destroy(ctx context.Context, o *OldKey, anyhow bool, now time.Time) error {
	if !anyhow {
		if o.Because = k.young(o, now); o.Because != "" {
			o.Hint = "wait, so that every gate uses the newer version; with --now it is not waited for, which is right where no gate runs"
			return nil
		}
	}
	n, what, hint, err := k.needs(ctx, o, now)
	if err != nil {
		return err
	}
	if n > 0 {
		o.Because, o.Hint = fmt.Sprintf("%d %ss need it", n, what), hint
		if n == 1 {
			o.Because = "1 " + what + " needs it"
		}
		return nil
	}
	err = k.keys.Destroy(ctx, o.Key, o.number, func(ctx context.Context) (int, error) { // whoever has begun since
		n, _, _, err := k.needs(ctx, o, now)
		return n, err
	})
	o.Destroyed = err == nil
	return err
}

// young says why it is too early to destroy a version: "" when it is not.
func (k *oldKeys) young(o *OldKey, now time.Time) string {
	wait := takenUp
	if o.Key == keys.Nonces || o.Key == keys.Tokens {
		wait = ended
	}
	if since := now.Sub(k.next(o)); since < wait {
		return fmt.Sprintf("the next version was made %s ago, and must be %s old", since.Truncate(time.Second), wait)
	}
	return ""
}

// next is when the version behind an old one was made.
func (k *oldKeys) next(o *OldKey) (made time.Time) {
	for _, s := range k.keys.Status() {
		for i, v := range s.Versions {
			if s.Name == o.Key && v.Version == o.number {
				made = s.Versions[i-1].Made // the newest stands first, and is no old key
			}
		}
	}
	return made
}

// namedFor is how long events are found by name where no archive says how long
// they are kept.
const namedFor = 30 * 24 * time.Hour

// names says whether events may be kept that are found by name with a version
// alone.
func (k *oldKeys) names(o *OldKey, now time.Time) (n int, hint string) {
	r := &k.config.Record
	if r.Pseudonyms == nil || !r.Pseudonyms.Key.IsZero() {
		return 0, ""
	}
	keep := namedFor
	if r.Archive != nil {
		keep = r.Archive.MaxAge
	}
	if now.Sub(k.next(o)) >= keep {
		return 0, ""
	}
	return 1, fmt.Sprintf("with it, gatehouse events --principal finds events that were written before the next version; wait until these are %s old", ageWords(keep))
}

// needs counts what needs a version, with words for it and what to do.
func (k *oldKeys) needs(ctx context.Context, o *OldKey, now time.Time) (n int, what, hint string, err error) {
	if a := k.config.Record.Archive; a != nil && o.Key == keys.Data {
		under, err := archive.Sealed(string(a.Path))
		if n := under[seal.Version(o.number)]; n > 0 || err != nil {
			return n, "segment of the archive of events", "wait until they are older than max_age of record.archive and removed, or remove them", err
		}
	}
	if o.Key == keys.Data {
		if used, err := k.sealsLedger(o); used || err != nil {
			return 1, "ledger", "a gate that serves seals its keys anew within seconds; one that does not, at its next start", err
		}
	}
	if o.Key == keys.Callers {
		n, hint := k.names(o, now)
		return n, "record of events", hint, nil
	}
	if o.Key == keys.Data {
		if used, err := k.sealsWitness(o); used || err != nil {
			return 1, "witness", "a gate that serves seals its key anew with the next reload; one that does not, at its next start", err
		}
	}
	if k.store == nil || o.Key == keys.Nonces || o.Key == keys.Tokens {
		return 0, "", "", nil
	}
	switch o.Key {
	case keys.Pepper:
		m := k.keys.MAC(keys.Pepper)
		secrets := m.Derive(pepperPurpose)
		at := slices.Index(m.Versions(), o.number)
		n, err = k.store.KeysUnder(ctx, apikey.NewPepper(secrets[at]).ID(), now)
		return n, "API key", "rotate them with gatehouse key rotate, or revoke them: nobody can hash them anew", err
	case keys.Owners:
		n, err = k.store.OwnersOf(ctx, o.number)
		return n, "object", "nobody can hash them anew: their owners must be imported again, or the version stays", err
	}
	used, err := seal.InUse(ctx, k.store.Secrets())
	return used[seal.Version(o.number)], "sealed value", "gatehouse trust reseal seals them anew", err
}

// sealsLedger reports whether a version of data seals the keys of the ledger: with
// it, all that is in the ledger would be lost.
func (k *oldKeys) sealsLedger(o *OldKey) (bool, error) {
	s := k.config.Record.Ledger
	if s == nil {
		return false, nil
	}
	return sealedIn(string(s.Path), seal.Version(o.number), "ledger")
}

// sealedIn reports whether a version seals the keys of a ledger or a witness.
func sealedIn(dir string, v seal.Version, what string) (bool, error) {
	f, err := ledger.ReadFolder(dir)
	if err == nil {
		defer f.Close()
		var by seal.Version
		if by, err = ledger.SealedBy(f); err == nil {
			return by == v, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return false, fmt.Errorf("the %s cannot be read: %w", what, err)
}

// ResealStore seals anew, with the newest version of the key data, what the store
// of a gatehouse.yaml holds sealed by earlier ones, while gates serve. report
// hears how far it is.
func ResealStore(ctx context.Context, file string, report func(seal.Progress)) (*seal.Progress, source.Problems) {
	at, problems := oldKeysIn(ctx, file)
	if at == nil {
		return nil, problems
	}
	defer at.close()
	if at.store == nil {
		return &seal.Progress{Done: true}, problems
	}
	p, err := seal.Reseal(ctx, at.keys.Ring(), at.store.Secrets(), seal.Progress{}, report)
	if err != nil {
		return &p, append(problems, at.config.Store.Place.Problem("what was sealed anew stays so: do it again when the cause is gone", "not everything is sealed anew: %v", err))
	}
	return &p, problems
}
