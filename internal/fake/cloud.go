package fake

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// AWS is KMS, STS and the metadata of a machine in one.
type AWS struct {
	*httptest.Server
	mu      sync.Mutex
	instead http.Handler
	asked   []string
	JWT     string
}

// The credentials that the service knows, by the id.
var AWSSecrets = map[string]struct{ Secret, Session string }{
	"AKIAPLANTEDSTATIC": {"planted/static+secret", ""},
	"ASIAPLANTEDROLE":   {"planted/role+secret", "planted-role-session"},
	"ASIAPLANTEDVM":     {"planted/vm+secret", "planted-vm-session"},
}

// AWSKey is the one key that there is, and AWSRegion where.
const (
	AWSKey    = "arn:aws:kms:eu-central-1:111122223333:key/1234"
	AWSRegion = "eu-central-1"
)

// NewAWS starts the services, which end with the test.
func NewAWS(t testing.TB) *AWS {
	a := &AWS{JWT: "planted.web.identity"}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// Instead has h answer; nil for the service itself.
func (a *AWS) Instead(h http.Handler) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.instead = h
}

// Asked are the calls so far.
func (a *AWS) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// ServeHTTP implements http.Handler.
func (a *AWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	instead := a.instead
	a.asked = append(a.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Amz-Target"))
	a.mu.Unlock()
	if instead != nil {
		instead.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		a.kms(w, r, body)
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		io.WriteString(w, "planted-imds-token")
	case strings.HasPrefix(r.URL.Path, "/latest/"):
		a.metadata(w, r)
	default:
		a.sts(w, r, body)
	}
}

func (a *AWS) metadata(w http.ResponseWriter, r *http.Request) {
	const roles = "/latest/meta-data/iam/security-credentials/"
	switch {
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "planted-imds-token":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == roles:
		io.WriteString(w, "gatehouse-role")
	case r.URL.Path == roles+"gatehouse-role":
		c := AWSSecrets["ASIAPLANTEDVM"]
		answer(w, map[string]any{"Code": "Success", "AccessKeyId": "ASIAPLANTEDVM", "SecretAccessKey": c.Secret, "Token": c.Session, "Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a *AWS) sts(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method != http.MethodPost || r.FormValue("Action") != "AssumeRoleWithWebIdentity" || r.FormValue("WebIdentityToken") != a.JWT || r.FormValue("RoleArn") == "" {
		w.WriteHeader(http.StatusForbidden)
		answer(w, map[string]any{"Error": map[string]string{"Code": "InvalidIdentityToken", "Message": "planted " + a.JWT}})
		return
	}
	c := AWSSecrets["ASIAPLANTEDROLE"]
	answer(w, map[string]any{"AssumeRoleWithWebIdentityResponse": map[string]any{"AssumeRoleWithWebIdentityResult": map[string]any{"Credentials": map[string]any{
		"AccessKeyId": "ASIAPLANTEDROLE", "SecretAccessKey": c.Secret, "SessionToken": c.Session, "Expiration": float64(time.Now().Add(time.Hour).Unix())}}}})
}

func (a *AWS) kms(w http.ResponseWriter, r *http.Request, body []byte) {
	fail := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"__type": "com.amazonaws.kms#" + code, "message": "planted words of the service"})
	}
	if wrong := signedWrongly(r, body); wrong != "" {
		fail(wrong)
		return
	}
	var in struct {
		KeyID             string `json:"KeyId"`
		Plaintext         []byte
		CiphertextBlob    []byte
		EncryptionContext map[string]string
	}
	if json.Unmarshal(body, &in) != nil {
		fail("SerializationException")
		return
	}
	ad := []byte(fmt.Sprint(in.EncryptionContext))
	c := newCipher("aws")
	switch {
	case in.KeyID != AWSKey:
		fail("NotFoundException")
	case r.Header.Get("X-Amz-Target") == "TrentService.Encrypt":
		answer(w, map[string]any{"KeyId": AWSKey, "CiphertextBlob": c.Seal(nil, nil, in.Plaintext, ad), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})
	default:
		plain, err := c.Open(nil, nil, in.CiphertextBlob, ad)
		if err != nil {
			fail("InvalidCiphertextException")
			return
		}
		answer(w, map[string]any{"KeyId": AWSKey, "Plaintext": plain})
	}
}

// signedWrongly judges Signature Version 4 from what came over the wire.
func signedWrongly(r *http.Request, body []byte) string {
	var id, scope, names, signature string
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "Credential":
			id, scope, _ = strings.Cut(value, "/")
		case "SignedHeaders":
			names = value
		case "Signature":
			signature = value
		}
	}
	known, ok := AWSSecrets[id]
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case !ok || known.Session != r.Header.Get("X-Amz-Security-Token"):
		return "UnrecognizedClientException"
	case err != nil || time.Since(at).Abs() > 5*time.Minute || scope != at.Format("20060102")+"/"+AWSRegion+"/kms/aws4_request":
		return "SignatureDoesNotMatch"
	}
	signed := strings.Split(names, ";")
	for _, must := range []string{"host", "x-amz-date", "x-amz-target", "content-type"} {
		if !slices.Contains(signed, must) || !slices.IsSorted(signed) {
			return "IncompleteSignature"
		}
	}
	text := r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n"
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text += name + ":" + value + "\n"
	}
	text += "\n" + names + "\n" + sumOf(body)
	key := []byte("AWS4" + known.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = macOf(key, part)
	}
	if want := macOf(key, "AWS4-HMAC-SHA256\n"+at.Format("20060102T150405Z")+"\n"+scope+"\n"+sumOf([]byte(text))); hex.EncodeToString(want) != signature {
		return "SignatureDoesNotMatch"
	}
	return ""
}

func macOf(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	io.WriteString(m, text)
	return m.Sum(nil)
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// GCP is Cloud KMS, the token service and the metadata of a machine in one.
type GCP struct {
	*httptest.Server
	mu      sync.Mutex
	instead http.Handler
	asked   []string
	tokens  map[string]bool
	Account *rsa.PublicKey // whose grants are taken
}

// GCPKey is the one key that there is, and GCPAccount who may use it.
const (
	GCPKey     = "projects/shop/locations/eu/keyRings/gate/cryptoKeys/gatehouse"
	GCPAccount = "gate@shop.iam.gserviceaccount.com"
)

// NewGCP starts the services, which end with the test.
func NewGCP(t testing.TB) *GCP {
	g := &GCP{tokens: map[string]bool{}}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// Instead has h answer; nil for the service itself.
func (g *GCP) Instead(h http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.instead = h
}

// Revoke takes all tokens back.
func (g *GCP) Revoke() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.tokens)
}

// Asked are the calls so far.
func (g *GCP) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// ServeHTTP implements http.Handler.
func (g *GCP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	instead := g.instead
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	g.mu.Unlock()
	if instead != nil {
		instead.ServeHTTP(w, r)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	give := func() {
		token := fmt.Sprint("ya29.planted-", len(g.asked))
		g.tokens[token] = true
		answer(w, map[string]any{"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
	}
	fail := func(status int, code string) {
		w.WriteHeader(status)
		answer(w, map[string]any{"error": map[string]any{"code": status, "status": code, "message": "planted words"}})
	}
	switch {
	case r.URL.Path == "/computeMetadata/v1/instance/service-accounts/default/token":
		if r.Header.Get("Metadata-Flavor") != "Google" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		give()
	case r.URL.Path == "/token":
		if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || !g.granted(r.FormValue("assertion")) {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant", "error_description": "planted words"})
			return
		}
		give()
	case !g.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]:
		fail(http.StatusUnauthorized, "UNAUTHENTICATED")
	default:
		g.kms(w, r, fail)
	}
}

// granted judges the grant of an account.
func (g *GCP) granted(assertion string) bool {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || g.Account == nil {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || rsa.VerifyPKCS1v15(g.Account, crypto.SHA256, sum[:], signature) != nil {
		return false
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	json.Unmarshal(text, &claims)
	exp, _ := claims["exp"].(float64)
	return claims["iss"] == GCPAccount && claims["aud"] == g.URL+"/token" && claims["scope"] == "https://www.googleapis.com/auth/cloudkms" && exp > float64(time.Now().Unix())
}

func (g *GCP) kms(w http.ResponseWriter, r *http.Request, fail func(int, string)) {
	var in map[string]string
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		fail(http.StatusBadRequest, "INVALID_ARGUMENT")
		return
	}
	data := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if strings.HasSuffix(name, "Crc32c") {
			continue
		}
		data[name], _ = base64.StdEncoding.DecodeString(in[name])
		if in[name+"Crc32c"] != crc(data[name]) {
			fail(http.StatusBadRequest, "INVALID_ARGUMENT")
			return
		}
	}
	c, ad := newCipher("gcp"), data["additionalAuthenticatedData"]
	switch r.URL.Path {
	case "/v1/" + GCPKey + ":encrypt":
		text := c.Seal(nil, nil, data["plaintext"], ad)
		answer(w, map[string]any{"name": GCPKey + "/cryptoKeyVersions/1", "ciphertext": text, "ciphertextCrc32c": crc(text), "verifiedPlaintextCrc32c": true})
	case "/v1/" + GCPKey + ":decrypt":
		plain, err := c.Open(nil, nil, data["ciphertext"], ad)
		if err != nil {
			fail(http.StatusBadRequest, "INVALID_ARGUMENT")
			return
		}
		answer(w, map[string]any{"plaintext": plain, "plaintextCrc32c": crc(plain)})
	default:
		fail(http.StatusNotFound, "NOT_FOUND")
	}
}

func crc(b []byte) string {
	return fmt.Sprint(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}
