package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// credentials sign calls.
type credentials struct {
	id      string
	secret  trust.Secret
	session trust.Secret
	until   time.Time // when they end; zero for never
}

// sign adds the fields of Signature Version 4 to a call with a body, whose
// target has neither a query nor signs that need escapes (AWS reference,
// "Create a signed AWS API request").
func sign(h http.Header, method, host, path string, body []byte, c *credentials, region, service string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	scope := stamp[:8] + "/" + region + "/" + service + "/aws4_request"
	h["X-Amz-Date"] = []string{stamp}
	if !c.session.IsZero() {
		h["X-Amz-Security-Token"] = []string{c.session.Reveal()}
	}
	fields := map[string]string{"host": host}
	for name, values := range h {
		fields[strings.ToLower(name)] = strings.Join(values, ",")
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical strings.Builder
	canonical.WriteString(method + "\n" + path + "\n\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + strings.TrimSpace(fields[name]) + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + hexSum(body))
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexSum([]byte(canonical.String()))
	key := mac([]byte("AWS4"+c.secret.Reveal()), stamp[:8])
	for _, part := range [...]string{region, service, "aws4_request"} {
		key = mac(key, part)
	}
	h["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=" + c.id + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(mac(key, text))}
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
