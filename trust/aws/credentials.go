package aws

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/internal/ask"
)

// early is how long before their end credentials are replaced.
const early = 5 * time.Minute

// credentials returns those that sign now.
func (k *kms) credentials(ctx context.Context) (*credentials, error) {
	if !k.options.AccessKeyID.IsZero() {
		return &credentials{id: k.options.AccessKeyID.Reveal(), secret: k.options.SecretAccessKey, session: k.options.SessionToken}, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held != nil && time.Until(k.held.until) > early {
		return k.held, nil
	}
	from := k.ofMachine
	if k.options.RoleARN != "" {
		from = k.ofRole
	}
	c, err := from(ctx)
	if err == nil {
		k.held = c
	}
	return c, err
}

// given are credentials as services give them.
type given struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Token           string  // what the machine's metadata calls the session's
	Expiration      instant // in seconds (STS) or as RFC 3339 writes it (metadata)
}

// ofRole exchanges the workload's token (STS AssumeRoleWithWebIdentity, which
// is not signed).
func (k *kms) ofRole(ctx context.Context) (*credentials, error) {
	token, err := os.ReadFile(k.options.TokenFile)
	if err != nil || len(token) > 64<<10 {
		return nil, k.sts.Wrong("the token in "+k.options.TokenFile+" cannot be read", "name the file of the workload's token in token_file")
	}
	form := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {k.options.RoleARN},
		"RoleSessionName": {"gatehouse"}, "WebIdentityToken": {strings.TrimSpace(string(token))}}
	body := []byte(form.Encode())
	defer clear(body)
	var answer struct {
		Response struct {
			Result struct{ Credentials given } `json:"AssumeRoleWithWebIdentityResult"`
		} `json:"AssumeRoleWithWebIdentityResponse"`
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	if _, err := k.sts.JSON(ctx, ask.Call{Method: http.MethodPost, Path: "/", Header: h, Body: body}, &answer); err != nil {
		return nil, err
	}
	return k.taken(k.sts, answer.Response.Result.Credentials)
}

var roleName = regexp.MustCompile(`^[A-Za-z0-9+=,.@_-]{1,128}$`)

// ofMachine asks the metadata of the machine, version 2: with a token that is got
// by a PUT, so that no page or proxy can be made to ask.
func (k *kms) ofMachine(ctx context.Context) (*credentials, error) {
	const path = "/latest/meta-data/iam/security-credentials/"
	status, token, err := k.metadata.Do(ctx, ask.Call{Method: http.MethodPut, Path: "/latest/api/token", Header: http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {"300"}}})
	if err != nil {
		return nil, err
	}
	wrong := func() error {
		return k.metadata.Wrong("it gives no credentials", "give the machine a role, or say access_key_id or role_arn")
	}
	if status != http.StatusOK || len(token) > 4096 {
		return nil, wrong()
	}
	h := http.Header{"X-Aws-Ec2-Metadata-Token": {string(token)}}
	status, role, err := k.metadata.Do(ctx, ask.Call{Method: http.MethodGet, Path: path, Header: h})
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(role)), "\n")
	if status != http.StatusOK || !roleName.MatchString(name) {
		return nil, wrong()
	}
	var g given
	if _, err := k.metadata.JSON(ctx, ask.Call{Method: http.MethodGet, Path: path + name, Header: h}, &g); err != nil {
		return nil, err
	}
	return k.taken(k.metadata, g)
}

// taken holds credentials to their form.
func (k *kms) taken(from *ask.Client, g given) (*credentials, error) {
	session := g.SessionToken + g.Token
	if g.AccessKeyID == "" || g.SecretAccessKey == "" || !roleName.MatchString(g.AccessKeyID) || strings.ContainsFunc(session, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, from.Wrong("it gives credentials of no form that is known", "")
	}
	until := time.Time(g.Expiration)
	if until.IsZero() {
		until = time.Now().Add(2 * early)
	}
	return &credentials{id: g.AccessKeyID, secret: trust.NewSecret(g.SecretAccessKey), session: trust.NewSecret(session), until: until}, nil
}

// instant is a time as either service writes it.
type instant time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		*i = instant(t)
		return nil
	}
	if s, err := strconv.ParseFloat(text, 64); err == nil && s > 0 && s < 1<<40 { // since 1970
		*i = instant(time.Unix(int64(s), 0))
	}
	return nil // what is unknown is replaced soon
}
