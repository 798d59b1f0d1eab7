package gcp

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/internal/ask"
)

// login returns a token that is valid for a while, a fresh one when it is to be.
func (k *kms) login(ctx context.Context, fresh bool) (trust.Secret, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !fresh && !k.token.IsZero() && time.Now().Before(k.until) {
		return k.token, nil
	}
	from := k.ofMachine
	if k.options.Credentials != "" {
		from = k.ofAccount
	}
	var answer answered
	if err := from(ctx, &answer); err != nil {
		return trust.Secret{}, err
	}
	if answer.AccessToken == "" || strings.ContainsAny(answer.AccessToken, " \r\n") {
		return trust.Secret{}, k.kms.Wrong("no token was given to ask it with", "")
	}
	life := time.Duration(min(max(answer.ExpiresIn, 60), 3600)) * time.Second
	k.token, k.until = trust.NewSecret(answer.AccessToken), time.Now().Add(life*4/5)
	return k.token, nil
}

// answered is a token as it is given (RFC 6749 section 5.1).
type answered struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
}

// ofMachine asks for the token of the machine's account.
func (k *kms) ofMachine(ctx context.Context, out *answered) error {
	const path = "/computeMetadata/v1/instance/service-accounts/default/token"
	_, err := k.metadata.JSON(ctx, ask.Call{Method: http.MethodGet, Path: path, Header: http.Header{"Metadata-Flavor": {"Google"}}}, out)
	return err
}

// account is the file of a service account's key, as far as it is needed.
type account struct {
	Type     string `json:"type"`
	Email    string `json:"client_email"`
	KeyID    string `json:"private_key_id"`
	Key      string `json:"private_key"`
	TokenURI string `json:"token_uri"`
}

const defaultTokenURI = "https://oauth2.googleapis.com/token"

// readAccount reads such a file. ok is false for another one; nothing of it is
// told.
func readAccount(text []byte) (a account, key *rsa.PrivateKey, ok bool) {
	if json.Unmarshal(text, &a) != nil || a.Type != "service_account" || a.Email == "" {
		return a, nil, false
	}
	block, _ := pem.Decode([]byte(a.Key))
	if block == nil {
		return a, nil, false
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, isRSA := any.(*rsa.PrivateKey)
	if a.TokenURI == "" {
		a.TokenURI = defaultTokenURI
	}
	return a, key, err == nil && isRSA
}

// ofAccount exchanges a token that the account's key signs (RFC 7523 section
// 2.1).
func (k *kms) ofAccount(ctx context.Context, out *answered) error {
	text, err := os.ReadFile(k.options.Credentials)
	if err != nil {
		return k.kms.Wrong("the file of credentials "+k.options.Credentials+" cannot be read", "")
	}
	defer clear(text)
	a, key, ok := readAccount(text)
	u, err := url.Parse(a.TokenURI)
	if !ok || err != nil {
		return k.kms.Wrong(k.options.Credentials+" holds no key of a service account", "name the JSON file that Google makes for one")
	}
	tokens, err := ask.New("Google's token service", u.Scheme+"://"+u.Host, nil, 0, false)
	if err != nil {
		return err
	}
	assertion, err := grant(a, key, time.Now())
	if err != nil {
		return k.kms.Wrong("the key of the service account does not sign", "")
	}
	body := []byte(url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}.Encode())
	_, err = tokens.JSON(ctx, ask.Call{Method: http.MethodPost, Path: u.EscapedPath(), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: body}, out)
	return err
}

// grant signs who asks, with RS256 (RFC 7518 section 3.3).
func grant(a account, key *rsa.PrivateKey, now time.Time) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": a.KeyID})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": a.Email, "scope": "https://www.googleapis.com/auth/cloudkms", "aud": a.TokenURI,
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
