// Package aws wraps keys with a key of the Key Management Service of AWS, which
// never leaves it. Package serve makes its wrapper from the configuration; it
// knows neither the configuration nor what is wrapped.
package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/internal/ask"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Options say which key, and by which credentials: AccessKeyID and
// SecretAccessKey, or RoleARN and TokenFile, or those of the machine.
type Options struct {
	KeyID           string
	Region          string
	Endpoint        string // of KMS; the public one when empty
	AccessKeyID     trust.Secret
	SecretAccessKey trust.Secret
	SessionToken    trust.Secret
	RoleARN         string
	TokenFile       string
	STSEndpoint     string // the public one of the region when empty
	Metadata        string // of the machine, for tests
}

// KMS returns what wraps keys. Nothing is asked yet.
func KMS(o Options) (wrap.Wrapper, error) {
	k := &kms{options: o}
	if o.Endpoint == "" {
		o.Endpoint = "https://kms." + o.Region + ".amazonaws.com"
	}
	if o.STSEndpoint == "" {
		o.STSEndpoint = "https://sts." + o.Region + ".amazonaws.com"
	}
	if o.Metadata == "" {
		o.Metadata = "http://169.254.169.254"
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, &wrap.Error{Who: "AWS KMS", Text: "its address is no URL"}
	}
	k.host = u.Host
	if k.kms, err = ask.New("AWS KMS", o.Endpoint, nil, 0, false); err != nil {
		return nil, err
	}
	if k.sts, err = ask.New("AWS STS", o.STSEndpoint, nil, 0, false); err != nil {
		return nil, err
	}
	k.metadata, err = ask.New("the machine's metadata", o.Metadata, nil, 2*time.Second, true)
	return k, err
}

type kms struct {
	options            Options
	host               string
	kms, sts, metadata *ask.Client

	mu   sync.Mutex
	held *credentials // guarded by mu
}

func (k *kms) Name() string { return "aws_kms " + k.options.KeyID }

// context binds what is wrapped: KMS calls it the encryption context, and writes
// it into its log.
func contextOf(ad []byte) map[string]string {
	return map[string]string{"gatehouse": base64.StdEncoding.EncodeToString(ad)}
}

func (k *kms) Wrap(ctx context.Context, key, ad []byte) ([]byte, error) {
	var answer struct{ CiphertextBlob []byte }
	in := map[string]any{"KeyId": k.options.KeyID, "Plaintext": key, "EncryptionContext": contextOf(ad)}
	if err := k.do(ctx, "TrentService.Encrypt", in, &answer); err != nil {
		return nil, err
	}
	if len(answer.CiphertextBlob) == 0 {
		return nil, k.kms.Wrong("its answer holds nothing that it sealed", "")
	}
	return answer.CiphertextBlob, nil
}

func (k *kms) Unwrap(ctx context.Context, wrapped, ad []byte) ([]byte, error) {
	var answer struct{ Plaintext []byte }
	// KeyId holds KMS to the one key: without it, it would use any that the
	// ciphertext names.
	in := map[string]any{"KeyId": k.options.KeyID, "CiphertextBlob": wrapped, "EncryptionContext": contextOf(ad)}
	if err := k.do(ctx, "TrentService.Decrypt", in, &answer); err != nil {
		return nil, err
	}
	if len(answer.Plaintext) != wrap.KeyLength {
		return nil, k.kms.Wrong("it opens the wrapped key as something that is no key", "")
	}
	return answer.Plaintext, nil
}

// do calls an operation of the JSON protocol, signed.
func (k *kms) do(ctx context.Context, target string, in, out any) error {
	c, err := k.credentials(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	defer clear(body)
	h := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {target}}
	sign(h, http.MethodPost, k.host, "/", body, c, k.options.Region, "kms", time.Now())
	_, err = k.kms.JSON(ctx, ask.Call{Method: http.MethodPost, Path: "/", Header: h, Body: body}, out)
	return err
}
