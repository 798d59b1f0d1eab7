//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// errNoHTTP2 is that a subject does not speak HTTP/2.
var errNoHTTP2 = errors.New("does not speak HTTP/2")

// verify demands, before anything is measured, that the subject answers the
// request of the scenario rightly, over its protocol, and that one that claims
// to judge does.
func verify(ctx context.Context, s *scenario, sub *subject, at *stage) error {
	c := newClient(s.protocol)
	defer c.CloseIdleConnections()
	status, major, body, err := c.call(ctx, s, s.request, at, at.order)
	switch {
	case err != nil:
		return err
	case s.protocol == http2 && major != 2:
		return errNoHTTP2
	case status != 200 || !bytes.Equal(body, s.request.answer(at)):
		return fmt.Errorf("%s answers %d and %.200q", s.request.name, status, body)
	}
	if sub.guards {
		if err := verifyGuards(ctx, c, s, at); err != nil {
			return err
		}
	}
	status, _, _, err = c.call(ctx, s, &post, at, at.crooked)
	if err != nil || sub.judges != (status == 400 || status == 422) {
		return fmt.Errorf("a request off its schema is answered %d, %v", status, err)
	}
	status, _, _, err = c.call(ctx, s, &crooked, at, nil)
	if err != nil || sub.judges != (status == 502 || status == 500) {
		return fmt.Errorf("an answer off its schema is answered %d, %v", status, err)
	}
	return nil
}

// verifyGuards demands that callers without a good token are refused.
func verifyGuards(ctx context.Context, c *client, s *scenario, at *stage) error {
	good := at.tokens
	defer func() { at.tokens = good }()
	for name, bad := range map[string]string{"none": "", "spoiled": spoil(good[0])} {
		at.tokens = []string{bad}
		if status, _, _, err := c.call(ctx, s, s.request, at, nil); err != nil || status != 401 {
			return fmt.Errorf("a caller with a token that is %s is answered %d, %v", name, status, err)
		}
	}
	return nil
}

// client is one that trusts every certificate: there is nobody else here.
type client struct{ http.Client }

func newClient(p protocol) *client {
	t := &http.Transport{
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13},
		ForceAttemptHTTP2:   p == http2,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 1,
	}
	return &client{http.Client{Transport: t, Timeout: 30 * time.Second}}
}

// call sends one request and returns what comes back.
func (c *client) call(ctx context.Context, s *scenario, r *request, at *stage, body []byte) (status, major int, answer []byte, err error) {
	other := *s
	other.request = r
	q, err := http.NewRequestWithContext(ctx, r.method, other.url(at), nil)
	if err != nil {
		return 0, 0, nil, err
	}
	if r.method == http.MethodPost {
		q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		q.Header.Set("Content-Type", "application/json")
	}
	if s.request.tokens && at.tokens[0] != "" {
		q.Header.Set("Authorization", "Bearer "+at.tokens[0])
	}
	a, err := c.Do(q)
	if err != nil {
		return 0, 0, nil, err
	}
	defer a.Body.Close()
	answer, err = io.ReadAll(a.Body)
	return a.StatusCode, a.ProtoMajor, answer, err
}
