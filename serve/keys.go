package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// By returns a context in which what is changed in a store, and what is done to the
// gate's own keys, is written down as done by author.
func By(ctx context.Context, author string) context.Context {
	return keys.By(store.By(ctx, author), author)
}

// KeyStatus is what may be known of the gate's own keys.
type KeyStatus struct {
	File string // that keeps them
	By   string // what seals them
	Keys []keys.Status
}

// kept are the keys of a configuration with what seals them.
type kept struct {
	config  *config.Config
	keys    *keys.Keys
	wrapper wrap.Wrapper
}

func (k *kept) status() *KeyStatus {
	return &KeyStatus{File: string(k.config.Trust.KeysFile), By: k.wrapper.Name(), Keys: k.keys.Status()}
}

// wrapperIn reads a configuration and makes what seals by it.
func wrapperIn(file string) (*kept, source.Problems) {
	c, problems := config.Load(file)
	if c == nil {
		return nil, problems
	}
	if c.Trust.Key == nil {
		at := c.Trust.Place
		if at == (config.Place{}) {
			at = c.Place
		}
		return nil, append(problems, at.Problem("say it under trust.key, as in trust: {key: {passphrase: ${file:/run/secrets/passphrase}}}", "the file names no key that seals"))
	}
	w, err := newWrapper(&c.Trust)
	if err != nil {
		return nil, append(problems, c.Trust.Place.At("key").Problem("", "%s", err.Error()))
	}
	return &kept{config: c, wrapper: w}, problems
}

// keysIn opens the keys that a configuration names; the file must be there.
func keysIn(ctx context.Context, file string) (*kept, source.Problems) {
	k, problems := wrapperIn(file)
	if k == nil {
		return nil, problems
	}
	t := &k.config.Trust
	if t.KeysFile == "" {
		return nil, append(problems, t.Place.Problem("say keys_file under trust", "the file does not say where the gate keeps its own keys: they end with the program"))
	}
	if _, err := os.Stat(string(t.KeysFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, append(problems, t.Place.At("keys_file").Problem("the gate makes its keys at its first start", "there are no keys in %s yet", filepath.Base(string(t.KeysFile))))
	}
	var err error
	if k.keys, err = keys.Open(ctx, keys.File(t.KeysFile), k.wrapper); err != nil {
		return nil, append(problems, keysProblem(t, err))
	}
	return k, problems
}

func keysProblem(t *config.Trust, err error) source.Problem {
	f := keysFault(t, err)
	return f.at.Problem(f.remedy, "%s", f.text)
}

// ownKeys opens the keys that a configuration names, and makes them where no gate
// has yet.
func ownKeys(c *config.Config) (*keys.Keys, source.Problems) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	w, err := newWrapper(&c.Trust)
	if err != nil {
		return nil, source.Problems{c.Trust.Place.At("key").Problem("", "%s", err.Error())}
	}
	k, err := keys.Open(ctx, keys.File(c.Trust.KeysFile), w)
	if err != nil {
		return nil, source.Problems{keysProblem(&c.Trust, err)}
	}
	return k, nil
}

// OpenKeys opens the keys that the configuration in a file names.
func OpenKeys(ctx context.Context, file string) (*KeyStatus, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k, problems := keysIn(ctx, file)
	if k == nil {
		return nil, problems
	}
	return k.status(), problems
}

// RotateKeys makes new versions of the keys of these names, of all for none.
func RotateKeys(ctx context.Context, file string, names []string) (*KeyStatus, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, problems := keyNames(file, names)
	if problems != nil {
		return nil, problems
	}
	k, problems := keysIn(ctx, file)
	if k == nil {
		return nil, problems
	}
	if err := k.keys.Rotate(ctx, list...); err != nil {
		return nil, append(problems, keysProblem(&k.config.Trust, err))
	}
	return k.status(), problems
}

// keyNames are the gate's own keys of these names, all for none.
func keyNames(file string, names []string) (list []keys.Name, problems source.Problems) {
	if len(names) == 0 {
		return keys.Names, nil
	}
	known := make([]string, len(keys.Names))
	for i, n := range keys.Names {
		known[i] = string(n)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, source.Problems{{Position: source.Position{File: file}, Text: fmt.Sprintf("the gate has no key of its own that is called %q", name),
				Hint: source.DidYouMean("they are "+strings.Join(known, ", "), name, known...)}}
		}
		list = append(list, keys.Name(name))
	}
	return list, nil
}

// RewrapKeys opens the keys as one configuration says and seals them as another
// does.
func RewrapKeys(ctx context.Context, before, file string) (*KeyStatus, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	to, problems := wrapperIn(file)
	if to == nil {
		return nil, problems
	}
	k, problems := keysIn(ctx, before)
	if k == nil {
		return nil, problems
	}
	if to.config.Trust.KeysFile != k.config.Trust.KeysFile {
		return nil, append(problems, to.config.Trust.Place.At("keys_file").Problem("name the same keys_file in both", "the two files name different keys"))
	}
	if err := k.keys.Rewrap(ctx, to.wrapper); err != nil {
		return nil, append(problems, keysProblem(&to.config.Trust, err))
	}
	k.wrapper = to.wrapper
	return k.status(), problems
}

// SealSecret seals a secret for a reference in the configuration in a file.
func SealSecret(ctx context.Context, file string, secret []byte) ([]byte, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k, problems := wrapperIn(file)
	if k == nil {
		return nil, problems
	}
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	at := k.config.Trust.Place.At("key")
	switch {
	case len(secret) == 0:
		return nil, append(problems, at.Problem("", "there is no secret on standard input"))
	case len(secret) > maxSealed:
		return nil, append(problems, at.Problem("", "the secret on standard input is larger than 32 KiB"))
	}
	text, err := wrap.Seal(ctx, k.wrapper, secret, sealedSecret)
	if err != nil {
		return nil, append(problems, keysProblem(&k.config.Trust, err))
	}
	return text, problems
}

// maxSealed bounds a secret so that its sealed file is one that references read.
const maxSealed = 32 << 10

// DataKeys opens what seals for the gate that the configuration in a file
// describes, for tools that read what it sealed.
func DataKeys(ctx context.Context, file string) (seal.Sealer, source.Problems) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	k, problems := keysIn(ctx, file)
	if k == nil {
		return nil, problems
	}
	return k.keys.Data(), problems
}
