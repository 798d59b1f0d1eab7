// Command oidc is a client of an identity provider and of an API, made of
// go-oidc and golang.org/x/oauth2 alone. The whole-program tests in e2e build
// and run it with the issuer and the address of the gate; nobody imports it. It
// knows nothing of the gate but what an API's documentation would say. It
// prints a line for each thing that it tried: its name and what came of it.
//
//	oidc calls|logout ISSUER GATE
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const resource = "https://api.example.com/"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// user is a client at one provider and one API.
type user struct {
	provider *oidc.Provider
	gate     string
}

func run(ctx context.Context, what, issuer, gate string) error {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	u := &user{provider, gate}
	steps := map[string][]func(context.Context) error{"calls": {u.programs, u.persons, u.brief}, "logout": {u.logout}}
	for _, step := range steps[what] {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// programs call with tokens of their own (RFC 6749 section 4.4).
func (u *user) programs(ctx context.Context) error {
	reader, err := u.program("orders", "orders:read").Token(ctx)
	if err != nil {
		return err
	}
	writer, err := u.program("orders", "orders:read", "orders:write").Token(ctx)
	if err != nil {
		return err
	}
	stranger, err := u.program("bank", "orders:read").Token(ctx)
	if err != nil {
		return err
	}
	broken := *reader
	broken.AccessToken = reader.AccessToken[:len(reader.AccessToken)-8] + "AAAAAAAA"
	u.try("nobody", http.DefaultClient, "GET")
	u.try("program", u.program("orders", "orders:read").Client(ctx), "GET")
	u.try("program-without-scope", holder(reader), "POST")
	u.try("program-with-scope", holder(writer), "POST")
	u.try("other-audience", holder(stranger), "GET")
	u.try("broken-signature", holder(&broken), "GET")
	// What the gate takes and refuses, go-oidc takes and refuses.
	verifier := u.provider.VerifierContext(ctx, &oidc.Config{ClientID: resource + "orders"})
	for name, t := range map[string]*oauth2.Token{"program": reader, "other-audience": stranger, "broken-signature": &broken} {
		_, err := verifier.Verify(ctx, t.AccessToken)
		fmt.Printf("go-oidc-takes-%s: %v\n", name, err == nil)
	}
	return nil
}

// persons log in by a code with PKCE (RFC 7636), and their client learns who
// they are from the ID token.
func (u *user) persons(ctx context.Context) error {
	config := u.client("web", "webs-secret", "orders:read")
	token, _, err := u.login(ctx, config, "alice")
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := u.provider.VerifierContext(ctx, &oidc.Config{ClientID: "web"}).Verify(ctx, raw)
	if err != nil {
		return err
	}
	fmt.Printf("id-token: of %s, nonce %v, binds the token %v\n", id.Subject, id.Nonce == nonce, id.AccessTokenHash == "" || id.VerifyAccessToken(token.AccessToken) == nil)
	u.try("person", config.Client(ctx, token), "GET")
	u.try("person-without-scope", config.Client(ctx, token), "POST")
	u.try("id-token-for-access", holder(&oauth2.Token{AccessToken: raw}), "GET")
	return nil
}

// brief has tokens that live for a second. One that has expired is refused, and
// oauth2 gets another by itself.
func (u *user) brief(ctx context.Context) error {
	config := u.client("brief", "briefs-secret", "orders:read")
	token, _, err := u.login(ctx, config, "bob")
	if err != nil {
		return err
	}
	if err := u.refused(ctx, "expired", token); err != nil {
		return err
	}
	u.try("refreshed", config.Client(ctx, token), "GET")
	return nil
}

// refused calls with a token until it is refused, and prints how.
func (u *user) refused(ctx context.Context, name string, token *oauth2.Token) error {
	for again := time.NewTicker(100 * time.Millisecond); ; {
		if said := u.ask(holder(token), "GET"); !strings.HasPrefix(said, "200 ") {
			fmt.Printf("%s: %s\n", name, said)
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (u *user) program(api string, scopes ...string) *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID: "robot", ClientSecret: "robots-secret", TokenURL: u.provider.Endpoint().TokenURL, AuthStyle: oauth2.AuthStyleInHeader,
		Scopes: scopes, EndpointParams: map[string][]string{"resource": {resource + api}}, // RFC 8707
	}
}

func (u *user) client(id, secret string, scopes ...string) *oauth2.Config {
	endpoint := u.provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return &oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: endpoint, RedirectURL: "http://127.0.0.1:9/callback", Scopes: append(scopes, oidc.ScopeOpenID, oidc.ScopeOfflineAccess)}
}

const nonce, state = "n-0S6_WzA2Mj", "af0ifjsldkj"

// login goes to the provider as a browser would, as far as the address of the
// client.
func (u *user) login(ctx context.Context, config *oauth2.Config, who string) (*oauth2.Token, *http.Client, error) {
	verifier, api := oauth2.GenerateVerifier(), oauth2.SetAuthURLParam("resource", resource+"orders")
	address := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), oidc.Nonce(nonce), api,
		oauth2.SetAuthURLParam("login_hint", who), oauth2.SetAuthURLParam("prompt", "consent"))
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, nil, err
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	answer, err := browser.Get(address)
	if err != nil {
		return nil, nil, err
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil || back.Query().Get("state") != state {
		return nil, nil, fmt.Errorf("the login of %s ends with status %d at %v: %w", who, answer.StatusCode, back, errors.Join(err))
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier), api)
	return token, browser, err
}

var xsrf = regexp.MustCompile(`name="xsrf" value="(\w+)"`)

// logout has alice log in by two browsers and log out in one of them (OpenID
// Connect RP-Initiated Logout): the provider tells whom it must.
func (u *user) logout(ctx context.Context) error {
	config := u.client("web", "webs-secret", "orders:read")
	token, browser, err := u.login(ctx, config, "alice")
	if err != nil {
		return err
	}
	elsewhere, _, err := u.login(ctx, config, "alice")
	if err != nil {
		return err
	}
	u.try("logged-in", holder(token), "GET")
	u.try("logged-in-elsewhere", holder(elsewhere), "GET")
	var metadata struct {
		End string `json:"end_session_endpoint"`
	}
	if err := u.provider.Claims(&metadata); err != nil {
		return err
	}
	id, _ := token.Extra("id_token").(string)
	answer, err := browser.Get(metadata.End + "?" + url.Values{"id_token_hint": {id}}.Encode())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	found := xsrf.FindSubmatch(page)
	if found == nil {
		return fmt.Errorf("the provider shows no form for logging out, but status %d", answer.StatusCode)
	}
	done, err := browser.PostForm(metadata.End+"/confirm", url.Values{"xsrf": {string(found[1])}, "logout": {"yes"}})
	if err != nil {
		return err
	}
	done.Body.Close()
	if err := u.refused(ctx, "logged-out", token); err != nil {
		return err
	}
	u.try("still-logged-in-elsewhere", holder(elsewhere), "GET")
	again, _, err := u.login(ctx, config, "alice")
	if err != nil {
		return err
	}
	u.try("logged-in-again", holder(again), "GET")
	return nil
}

// holder is a client that has t and gets no other.
func holder(t *oauth2.Token) *http.Client {
	return oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: t.AccessToken}))
}

// try makes one call and prints what came of it.
func (u *user) try(name string, client *http.Client, method string) {
	fmt.Printf("%s: %s\n", name, u.ask(client, method))
}

func (u *user) ask(client *http.Client, method string) string {
	r, err := http.NewRequest(method, u.gate+"/orders", nil)
	if err != nil {
		return err.Error()
	}
	answer, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	return describe(answer)
}

var challengeError = regexp.MustCompile(`^(\w+) .*?error="(\w+)"(?:.*(scope="[^"]*"))?`)

// describe says the status of an answer, whom the API saw, and what the
// challenges ask for.
func describe(answer *http.Response) string {
	words := []string{fmt.Sprint(answer.StatusCode)}
	if user := answer.Header.Get("X-Saw"); user != "" {
		words = append(words, user)
	}
	for _, line := range answer.Header.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(line, " ")
		if found := challengeError.FindStringSubmatch(line); found != nil {
			scheme = strings.TrimSpace(strings.Join(found[1:], " "))
		}
		words = append(words, scheme)
	}
	return strings.Join(words, " ")
}
