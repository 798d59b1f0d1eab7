package selftest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// modules is how the program fails that loads a module with the key of the gate's
// own keys, and with it the module.
var modules = &kind{
	ways: []way{absent, silent, garbage, dying, denying, fallen, gone},
	says: map[way]declaration{
		absent: noKeys, silent: noKeys, garbage: noKeys, dying: noKeys, denying: noKeys,
		fallen: keysStay, gone: keysGoOn, // where the program is not there, that is no module that comes back by itself
	},
}

// shell runs what stands in for that program; "" where there is none.
func shell() string {
	path, err := exec.LookPath("sh")
	if err != nil {
		return ""
	}
	return path
}

// moduleKey has keys be sealed under a key that a program says which stands in
// for the one that loads the module. It is told nothing of value.
func (c *copied) moduleKey(s *config.Trust, k *config.PKCS11Key, w way, path string) error {
	var made noted
	if err := makeKeys(path, &made); err != nil {
		return err
	}
	own := &config.PKCS11Key{Place: k.Place, Module: config.File(filepath.Join(c.folder, "module.so")), Token: "selftest", Key: "selftest", PIN: standInToken}
	own.Helper = config.File(filepath.Join(c.folder, pkcs11.HelperName))
	s.Key.PKCS11 = own
	does := `echo '{"Text":"` + base64.StdEncoding.EncodeToString(made.key) + `"}'`
	switch w {
	case absent:
		return nil
	case silent:
		does = "exec sleep 60"
	case garbage:
		does = "echo this is nothing of the kind"
	case dying:
		does = dies
	case denying:
		does = `echo '{"Wrong":"the token refuses the PIN"}'`
	case gone:
		c.breaks = func() { os.Remove(string(own.Helper)) }
	case fallen:
		// The program stays as it is, since another one is another configuration.
		sign := filepath.Join(c.folder, "module.fallen")
		does = "if [ -e '" + sign + "' ]; then " + dies + "; fi; " + does
		c.breaks = func() { c.err = errors.Join(c.err, os.WriteFile(sign, nil, 0o600)) }
	}
	return os.WriteFile(string(own.Helper), []byte("#!"+shell()+"\n"+does+"\n"), 0o700)
}

const dies = "kill -9 $$"

// noted stands in for a key that never leaves its module: it notes what it
// wrapped.
type noted struct{ key []byte }

var _ wrap.Wrapper = (*noted)(nil)

// Name implements wrap.Wrapper.
func (*noted) Name() string { return "selftest" }

// Wrap implements wrap.Wrapper.
func (n *noted) Wrap(_ context.Context, key, _ []byte) ([]byte, error) {
	n.key = bytes.Clone(key)
	return []byte(rand.Text()), nil
}

// Unwrap implements wrap.Wrapper.
func (n *noted) Unwrap(context.Context, []byte, []byte) ([]byte, error) {
	return bytes.Clone(n.key), nil
}
