package selftest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

var (
	// ownKeys is how the file fails that keeps the gate's own keys.
	ownKeys = &kind{
		ways: []way{absent, garbage, foreign, gone, spoiled, unreadable},
		says: map[way]declaration{
			absent: {words: comes + ": new keys are made", passes: true, probe: madeKeys}, garbage: noKeys, foreign: noKeys,
			gone: keysGoOn, spoiled: keysGoOn, unreadable: keysGoOn,
		},
	}
	noKeys    = noStart.saying("the gate's own keys")
	noSecrets = noStart.saying("cannot be read: Vault")
	keysGoOn  = goesOn("keys are in memory", reloading(once)).with(reloadRefused)
	// secrets is how Vault fails for what the file refers to.
	secrets = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone, emptied},
		says: map[way]declaration{
			refused: noSecrets, silent: noSecrets, garbage: noSecrets, failing: noSecrets, half: noSecrets,
			gone:    goesOn("the secrets that it has go on", reloading(once)).with(reloadTaken),
			emptied: goesOn("the secrets that it has go on", reloading(once)).with(reloadRefused),
		},
	}
)

// ownKeys has a copy keep keys in a file, which are not those of the gate: those
// of other copies are in memory.
func (c *copied) ownKeys(s *config.Config, f *fault) {
	key := s.Trust.Key
	s.Trust = config.Trust{Place: s.Trust.Place, Vault: s.Trust.Vault}
	if f == nil || f.part != partOwnKeys && f.part != partKeyService {
		return
	}
	path := filepath.Join(c.folder, ownFile)
	s.Trust.KeysFile = config.File(path)
	if f.part == partKeyService {
		c.err = errors.Join(c.err, c.keyService(&s.Trust, key, f, path))
		return
	}
	secret := trust.NewSecret(rand.Text())
	s.Trust.Key = &config.WrappingKey{Place: s.Trust.Place, Passphrase: secret}
	switch f.way {
	case absent, garbage:
		c.file(f.way, ownFile, nil)
		return
	case foreign:
		secret = trust.NewSecret(rand.Text())
	case gone:
		c.breaks = func() { os.Remove(path) }
	case spoiled:
		c.breaks = func() { c.file(garbage, ownFile, nil) }
	case unreadable:
		c.breaks = func() { c.err = errors.Join(c.err, hide(path)) }
	}
	c.err = errors.Join(c.err, makeKeys(path, wrap.Passphrase(secret)))
}

const ownFile = "own.keys"

// madeKeys looks whether keys were made that outlive the gate.
func madeKeys(ctx context.Context, c *copied, w *witness) (outcome, error) {
	if _, err := os.Stat(filepath.Join(c.folder, ownFile)); err != nil {
		return outcome{}, errors.New("no keys were made")
	}
	return c.send(ctx, w)
}

// makeKeys makes a file of keys.
func makeKeys(path string, w wrap.Wrapper) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := keys.Open(ctx, keys.File(path), w)
	return err
}

// hide has a file be read by nobody. Where that hinders this user as little as
// it hinders root, a folder takes its place.
func hide(path string) error {
	if err := os.Chmod(path, 0); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	f.Close()
	return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
}
