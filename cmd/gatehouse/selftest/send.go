package selftest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// outcome is what became of a call.
type outcome struct {
	status  int
	code    string // of the gate's problem; "" for none
	retry   bool   // Retry-After was there
	reached bool   // the call came to a stand-in of an API
	broken  bool   // the answer did not come whole
	later   string // what became of further calls; "" for the same
	reload  string // what became of a reload; "" where there was none
	wrote   string // what became of what is written of calls; "" where nobody looked
}

func (o outcome) String() string {
	switch {
	case o.status == 0:
		return o.code
	case o.reached && o.later != "":
		return comes + ", later calls are " + o.later
	case o.reached && o.reload != "":
		return comes + "; " + o.reload
	case o.reached && o.wrote != "":
		return comes + "; " + o.wrote
	case o.reached:
		return comes // what a stand-in answers says nothing
	case o.broken:
		return "the answer broke off"
	}
	s := fmt.Sprint(o.status)
	if o.code != "" {
		s += " " + o.code
	}
	if o.retry {
		s += ", with Retry-After"
	}
	return s
}

// settled sends a call until the gate has what it fetches by itself, such as keys.
func (c *copied) settled(ctx context.Context, w *witness) (o outcome, err error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 60 {
		if o, err = c.send(ctx, w); err != nil || o.code != unverified && o.code != "feed-unavailable" && o.code != noPolicy {
			return o, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return o, ctx.Err()
		}
	}
	return o, nil
}

const unverified = "credential-unverified"

// send sends a call to the copy.
func (c *copied) send(ctx context.Context, w *witness) (outcome, error) {
	o, _, err := c.exchange(ctx, w)
	return o, err
}

// exchange also returns the fields of the answer.
func (c *copied) exchange(ctx context.Context, w *witness) (o outcome, fields http.Header, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	at, err := url.Parse(c.program.URL())
	if err != nil {
		return o, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, w.call.Method, at.String(), bytes.NewReader(w.call.Body))
	if err != nil {
		return o, nil, err
	}
	r.URL.Opaque = "//" + at.Host + w.call.Target // as it stands, without any cleaning
	if w.host != "" {
		r.Host = w.host
	}
	for _, f := range w.call.Fields {
		r.Header.Set(f[0], f[1])
	}
	for name, value := range w.credential() {
		r.Header.Set(name, value)
	}
	before := c.reached.Load()
	transport := c.transport
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true, Proxy: nil, DisableCompression: true}
		defer transport.CloseIdleConnections()
	}
	answer, err := transport.RoundTrip(r)
	if c.transport != nil && handshake(err) {
		return outcome{code: noHandshake}, nil, nil
	}
	if err != nil {
		return o, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	o = outcome{status: answer.StatusCode, retry: answer.Header.Get("Retry-After") != "", reached: c.reached.Load() > before, broken: err != nil}
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/problem+json") {
		var problem struct {
			Code string `json:"code"`
		}
		if json.Unmarshal(body, &problem) == nil {
			o.code = problem.Code
		}
	}
	return o, answer.Header, nil
}
