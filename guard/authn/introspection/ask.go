package introspection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// maxAnswer bounds an answer of the server, in bytes.
const maxAnswer = 64 << 10

var (
	errBusy = errors.New("as many questions are open as there is room for")
	errGone = errors.New("the client did not wait for the answer")
)

// ask asks the server for a token, or waits for the answer to whoever asks
// already. An error says that nobody knows.
func (v *Verifier) ask(x *gate.Exchange, token string) (*answer, error) {
	v.mu.Lock()
	q, open := v.open[token]
	if !open {
		q = &question{done: make(chan struct{})}
		v.open[token] = q
	}
	v.mu.Unlock()
	if open {
		select {
		case <-q.done:
			return q.said, q.err
		case <-done(x.Context):
			return nil, errGone
		}
	}
	defer func() {
		v.mu.Lock()
		delete(v.open, token)
		v.mu.Unlock()
		close(q.done)
	}()
	q.err = errors.New("the question failed") // unless it comes back
	q.said, q.err = v.question(x.Received, token)
	if q.err != nil {
		v.failed.Store(time.Now().Add(pause).UnixNano())
		v.options.Log.Warn("a token could not be verified", "credential", v.options.Name, "because", q.err.Error())
	}
	return q.said, q.err
}

func done(ctx context.Context) <-chan struct{} {
	if ctx == nil {
		return nil
	}
	return ctx.Done()
}

// question asks once, and notes the answer. Clients that go away do not end it,
// since others may wait for it.
func (v *Verifier) question(now time.Time, token string) (*answer, error) {
	ctx, cancel := context.WithTimeout(v.base, v.options.Timeout)
	defer cancel()
	select {
	case v.room <- struct{}{}:
		defer func() { <-v.room }()
	case <-ctx.Done():
		return nil, errBusy
	}
	text, err := v.send(ctx, token)
	if err != nil {
		return nil, err
	}
	said, err := v.read(text)
	switch {
	case err != nil:
		return nil, err
	case said.principal == nil:
		v.active.Forget(token)
		if v.options.Negative > 0 {
			v.refused.Put(token, now.Add(v.options.Negative))
		}
		return said, nil
	}
	said.fresh = now.Add(v.options.Cache)
	said.stale = said.fresh.Add(v.options.Stale)
	if end := said.end; !end.IsZero() { // RFC 7662 section 4
		said.fresh, said.stale = earlier(said.fresh, end), earlier(said.stale, end)
	}
	if v.options.Cache > 0 || v.options.Stale > 0 {
		v.active.Put(token, *said)
	}
	return said, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// send is RFC 7662 section 2.1. Its errors hold nothing of the token, nor of
// what the server said.
func (v *Verifier) send(ctx context.Context, token string) ([]byte, error) {
	form, err := v.form(token, time.Now())
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.options.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("the URL is none")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	v.introduce(r)
	answer, err := v.client.Do(r)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("the server cannot be asked: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK { // 401 is of the gate's own credentials (section 2.3)
		return nil, fmt.Errorf("the server answers with status %d", answer.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, errors.New("the server's answer is not application/json")
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, errors.New("the server's answer breaks off")
	case len(text) > maxAnswer:
		return nil, errors.New("the server's answer is too large")
	}
	return text, nil
}
