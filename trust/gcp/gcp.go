// Package gcp wraps keys with a key of Google's Cloud Key Management Service,
// which never leaves it. Package serve makes its wrapper from the configuration;
// it knows neither the configuration nor what is wrapped.
package gcp

import (
	"context"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/internal/ask"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Options say which key and by which account.
type Options struct {
	Key         string // projects/P/locations/L/keyRings/R/cryptoKeys/K
	Credentials string // file of a service account's key; the machine's account when empty
	Endpoint    string // of KMS; the public one when empty
	Metadata    string // of the machine, for tests
}

// KMS returns what wraps keys. The file of credentials is read when it is
// needed; nothing is asked yet.
func KMS(o Options) (wrap.Wrapper, error) {
	if o.Endpoint == "" {
		o.Endpoint = "https://cloudkms.googleapis.com"
	}
	if o.Metadata == "" {
		o.Metadata = "http://metadata.google.internal"
	}
	k := &kms{options: o}
	var err error
	if k.kms, err = ask.New("Google KMS", o.Endpoint, nil, 0, false); err != nil {
		return nil, err
	}
	k.metadata, err = ask.New("the machine's metadata", o.Metadata, nil, 2*time.Second, true)
	return k, err
}

type kms struct {
	options       Options
	kms, metadata *ask.Client

	mu    sync.Mutex
	token trust.Secret // guarded by mu
	until time.Time    // guarded by mu; when the token is to be replaced
}

func (k *kms) Name() string { return "gcp_kms " + k.options.Key }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// check is how the service writes sums.
func check(b []byte) string { return strconv.FormatUint(uint64(crc32.Checksum(b, castagnoli)), 10) }

func (k *kms) Wrap(ctx context.Context, key, ad []byte) ([]byte, error) {
	var answer struct {
		Ciphertext       []byte
		CiphertextCRC32C string `json:"ciphertextCrc32c"`
		Verified         bool   `json:"verifiedPlaintextCrc32c"`
	}
	in := map[string]any{"plaintext": key, "plaintextCrc32c": check(key), "additionalAuthenticatedData": ad, "additionalAuthenticatedDataCrc32c": check(ad)}
	if err := k.do(ctx, ":encrypt", in, &answer); err != nil {
		return nil, err
	}
	if len(answer.Ciphertext) == 0 || !answer.Verified || answer.CiphertextCRC32C != check(answer.Ciphertext) {
		return nil, k.kms.Wrong("its answer was damaged on the way", "try again")
	}
	return answer.Ciphertext, nil
}

func (k *kms) Unwrap(ctx context.Context, wrapped, ad []byte) ([]byte, error) {
	var answer struct {
		Plaintext       []byte
		PlaintextCRC32C string `json:"plaintextCrc32c"`
	}
	in := map[string]any{"ciphertext": wrapped, "ciphertextCrc32c": check(wrapped), "additionalAuthenticatedData": ad, "additionalAuthenticatedDataCrc32c": check(ad)}
	if err := k.do(ctx, ":decrypt", in, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.PlaintextCRC32C != check(answer.Plaintext):
		return nil, k.kms.Wrong("its answer was damaged on the way", "try again")
	case len(answer.Plaintext) != wrap.KeyLength:
		return nil, k.kms.Wrong("it opens the wrapped key as something that is no key", "")
	}
	return answer.Plaintext, nil
}

// do calls a method of the key with a token, and once more with a fresh one
// where it was refused.
func (k *kms) do(ctx context.Context, method string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	defer clear(body)
	for again := false; ; again = true {
		token, err := k.login(ctx, again)
		if err != nil {
			return err
		}
		h := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token.Reveal()}}
		status, err := k.kms.JSON(ctx, ask.Call{Method: http.MethodPost, Path: "/v1/" + k.options.Key + method, Header: h, Body: body}, out)
		if status != http.StatusUnauthorized || again {
			return err
		}
	}
}
