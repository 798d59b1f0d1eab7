package wrap

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"sync"

	"golang.org/x/crypto/argon2"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Passphrase wraps keys with a key that argon2id derives from a passphrase (RFC
// 9106). What it wraps holds the salt and the cost, so that a later version may
// ask for more.
func Passphrase(secret trust.Secret) Wrapper { return &passphrase{secret: secret} }

// MinPassphrase is the least length of a passphrase in bytes.
const MinPassphrase = 16

// The cost of new keys: the second choice of RFC 9106 section 4. It is paid when
// the gate starts and when keys change.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

// Bounds of the cost that a file may ask for.
const (
	maxArgonTime    = 16
	maxArgonMemory  = 1 << 20 // KiB
	maxArgonThreads = 16
)

type passphrase struct {
	secret trust.Secret
	mu     sync.Mutex // one derivation at a time: each takes memory
}

// head stands before the wrapped key: 1, the cost, the salt.
const (
	passMark = 1
	passSalt = 16
	passHead = 1 + 4 + 4 + 1 + passSalt
	gcmNonce = 12
	gcmTag   = 16
)

func (*passphrase) Name() string { return "passphrase" }

func (p *passphrase) Wrap(_ context.Context, key, ad []byte) ([]byte, error) {
	head := make([]byte, passHead, passHead+gcmNonce+len(key)+gcmTag)
	head[0] = passMark
	binary.BigEndian.PutUint32(head[1:], argonTime)
	binary.BigEndian.PutUint32(head[5:], argonMemory)
	head[9] = argonThreads
	rand.Read(head[10:passHead])
	c, err := p.cipher(head)
	if err != nil {
		return nil, err
	}
	return c.Seal(head, nil, key, bound(head, ad)), nil
}

func (p *passphrase) Unwrap(_ context.Context, wrapped, ad []byte) ([]byte, error) {
	if len(wrapped) != passHead+gcmNonce+KeyLength+gcmTag || wrapped[0] != passMark {
		return nil, p.wrong("the wrapped key is of no form that this gate knows", "was it made by a later version, or damaged?")
	}
	head := wrapped[:passHead]
	c, err := p.cipher(head)
	if err != nil {
		return nil, err
	}
	key, err := c.Open(nil, nil, wrapped[passHead:], bound(head, ad))
	if err != nil {
		return nil, p.wrong("the passphrase does not open it", "is it the passphrase with which it was sealed?")
	}
	return key, nil
}

// cipher derives the key that the head asks for.
func (p *passphrase) cipher(head []byte) (cipher.AEAD, error) {
	time, memory, threads := binary.BigEndian.Uint32(head[1:]), binary.BigEndian.Uint32(head[5:]), head[9]
	switch {
	case len(p.secret.Reveal()) < MinPassphrase:
		return nil, p.wrong("the passphrase has less than 16 characters", "make one with: openssl rand -base64 33")
	case time == 0 || time > maxArgonTime || memory < 8<<10 || memory > maxArgonMemory || threads == 0 || threads > maxArgonThreads:
		return nil, p.wrong("the wrapped key asks for a cost beyond the bounds", "was the file changed?")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := argon2.IDKey([]byte(p.secret.Reveal()), head[10:passHead], time, memory, threads, KeyLength)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (p *passphrase) wrong(text, hint string) error {
	return &Error{Who: p.Name(), Text: text, Hint: hint}
}

// bound joins what a wrapped key is bound to.
func bound(head, ad []byte) []byte {
	return append(append(make([]byte, 0, len(head)+len(ad)), head...), ad...)
}
