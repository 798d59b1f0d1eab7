package vault

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Transit wraps keys with a key of the transit engine, which never leaves the
// server. What it wraps names the version of the key ("vault:v3:...").
func Transit(c *Client, mount, key string) wrap.Wrapper {
	return &transit{c, orElse(mount, "transit"), key}
}

type transit struct {
	client     *Client
	mount, key string
}

func (t *transit) Name() string { return "vault " + t.mount + "/" + t.key }

// sealedMark begins everything that the engine seals.
const sealedMark = "vault:v"

func (t *transit) Wrap(ctx context.Context, key, ad []byte) ([]byte, error) {
	var answer struct{ Data struct{ Ciphertext string } }
	in := map[string]string{"plaintext": base64.StdEncoding.EncodeToString(key), "associated_data": base64.StdEncoding.EncodeToString(ad)}
	if err := t.client.do(ctx, http.MethodPost, t.path("encrypt"), in, &answer); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(answer.Data.Ciphertext, sealedMark) {
		return nil, t.client.ask.Wrong("its answer holds nothing that it sealed", "")
	}
	return []byte(answer.Data.Ciphertext), nil
}

func (t *transit) Unwrap(ctx context.Context, wrapped, ad []byte) ([]byte, error) {
	if !strings.HasPrefix(string(wrapped), sealedMark) {
		return nil, t.client.ask.Wrong("the wrapped key was not sealed by Vault", "")
	}
	var answer struct{ Data struct{ Plaintext string } }
	in := map[string]string{"ciphertext": string(wrapped), "associated_data": base64.StdEncoding.EncodeToString(ad)}
	if err := t.client.do(ctx, http.MethodPost, t.path("decrypt"), in, &answer); err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(answer.Data.Plaintext)
	if err != nil || len(key) != wrap.KeyLength {
		return nil, t.client.ask.Wrong("it opens the wrapped key as something that is no key", "")
	}
	return key, nil
}

func (t *transit) path(verb string) string { return "/v1/" + t.mount + "/" + verb + "/" + t.key }
