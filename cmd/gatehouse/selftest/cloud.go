package selftest

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// awsStandIn answers as KMS of AWS does, and as STS for whoever has a workload's
// token.
// https://docs.aws.amazon.com/kms/latest/APIReference/
type awsStandIn struct{ sealer cipher.AEAD }

// ServeHTTP implements http.Handler.
func (a *awsStandIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Plaintext, CiphertextBlob []byte
		EncryptionContext         map[string]string
	}
	target := r.Header.Get("X-Amz-Target")
	if target == "" {
		io.Copy(io.Discard, r.Body)
		tell(w, map[string]any{"AssumeRoleWithWebIdentityResponse": map[string]any{"AssumeRoleWithWebIdentityResult": map[string]any{"Credentials": map[string]any{
			"AccessKeyId": "selftest", "SecretAccessKey": "selftest", "SessionToken": "selftest", "Expiration": time.Now().Add(time.Hour).Unix()}}}})
		return
	}
	if json.UnmarshalRead(r.Body, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	bound := []byte(in.EncryptionContext["gatehouse"])
	if strings.HasSuffix(target, ".Encrypt") {
		tell(w, map[string]any{"CiphertextBlob": a.sealer.Seal(nil, nil, in.Plaintext, bound)})
		return
	}
	plain, err := a.sealer.Open(nil, nil, in.CiphertextBlob, bound)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	tell(w, map[string]any{"Plaintext": plain})
}

// gcpStandIn answers as Cloud KMS of Google does, and as the service that gives
// tokens for the key of a service account.
// https://docs.cloud.google.com/kms/docs/reference/rest
type gcpStandIn struct{ sealer cipher.AEAD }

// ServeHTTP implements http.Handler.
func (g *gcpStandIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Plaintext  []byte `json:"plaintext"`
		Ciphertext []byte `json:"ciphertext"`
		Bound      []byte `json:"additionalAuthenticatedData"`
	}
	switch _, method, _ := strings.Cut(r.URL.Path, ":"); {
	case method == "":
		io.Copy(io.Discard, r.Body)
		tell(w, map[string]any{"access_token": standInToken.Reveal(), "expires_in": 3600})
	case json.UnmarshalRead(r.Body, &in) != nil:
		w.WriteHeader(http.StatusBadRequest)
	case method == "encrypt":
		sealed := g.sealer.Seal(nil, nil, in.Plaintext, in.Bound)
		tell(w, map[string]any{"ciphertext": sealed, "ciphertextCrc32c": sumOf(sealed), "verifiedPlaintextCrc32c": true})
	default:
		plain, err := g.sealer.Open(nil, nil, in.Ciphertext, in.Bound)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		tell(w, map[string]any{"plaintext": plain, "plaintextCrc32c": sumOf(plain)})
	}
}

// sumOf is how the service writes sums.
func sumOf(b []byte) string {
	return fmt.Sprint(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// accountOf is the file of a service account that is made up, for a token service.
func accountOf(tokens string) ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"type": "service_account", "client_email": "selftest", "private_key": string(pemOf("PRIVATE KEY", der)), "token_uri": tokens})
}
