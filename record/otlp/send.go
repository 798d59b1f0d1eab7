package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// sender sends what is of one kind. One goroutine uses it at a time.
type sender struct {
	url         string
	fields      []Field
	client      *http.Client
	log         *slog.Logger
	head, scope []byte
	closing     <-chan struct{} // from then on nothing is waited for
	ctx         context.Context // ends calls
	cancel      context.CancelFunc

	body []byte
	last time.Time // of the last call

	rejected, sent, lost atomic.Uint64
}

// The times of a sender.
const (
	callTimeout = 10 * time.Second
	linger      = time.Second // between two calls, so that many things go in one
	firstWait   = time.Second
	longestWait = 30 * time.Second
	tries       = 6
	fullBatch   = 32 << 10 // is sent without lingering, in bytes
	maxAnswer   = 64 << 10
)

// Write implements io.Writer: p are spans or log records.
func (s *sender) Write(p []byte) (int, error) {
	if len(p) < fullBatch {
		s.wait(linger - time.Since(s.last))
	}
	if err := s.post(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// post sends items of one scope, again where the receiver may take them later
// (OTLP 1.x, OTLP/HTTP response, failures).
func (s *sender) post(items []byte) error {
	b, message := open(s.body[:0], 1) // resource_spans of the request, and the like
	b = append(b, s.head...)
	b, inner := open(b, 2) // scope_spans, and the like
	b = append(append(b, s.scope...), items...)
	s.body = shut(shut(b, inner), message)
	wait := firstWait
	for try := 1; ; try++ {
		again, err := s.call()
		if s.last = time.Now(); err == nil || again < 0 || try == tries || s.closes() {
			return err
		}
		s.wait(max(again, wait/2+rand.N(wait/2)))
		wait = min(2*wait, longestWait)
	}
}

func (s *sender) closes() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

func (s *sender) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.closing:
	}
}

// call sends once. again is after how long it makes sense to try again, at
// least; below 0 for never.
func (s *sender) call() (again time.Duration, err error) {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.url, bytes.NewReader(s.body))
	if err != nil {
		return -1, err
	}
	for _, f := range s.fields {
		r.Header.Set(f.Name, f.Value.Reveal())
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("User-Agent", "gatehouse")
	answer, err := s.client.Do(r)
	if err != nil {
		if outer := (*url.Error)(nil); errors.As(err, &outer) {
			err = outer.Err // the URL is the operator's, who may have written a secret into it
		}
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch code := answer.StatusCode; {
	case code/100 == 2:
		if n := rejected(text); err == nil && n > 0 {
			s.rejected.Add(n)
			s.log.Warn("the receiver of OpenTelemetry rejected a part", "count", n)
		}
		return 0, nil
	case code == 429 || code == 502 || code == 503 || code == 504:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return min(max(time.Duration(seconds)*time.Second, 0), longestWait), fmt.Errorf("the receiver answers %d", code)
	default:
		return -1, fmt.Errorf("the receiver answers %d", code)
	}
}

// rejected is how many items a receiver says it did not take:
// ExportTraceServiceResponse.partial_success and the like.
func rejected(b []byte) uint64 {
	if part := find(b, 1, protowire.BytesType); part != nil {
		if inner, n := protowire.ConsumeBytes(part); n > 0 {
			if v := find(inner, 1, protowire.VarintType); v != nil { // rejected_spans, and the like
				if count, n := protowire.ConsumeVarint(v); n > 0 && count < 1<<31 {
					return count
				}
			}
		}
	}
	return 0
}

// find returns what begins with the value of a field; nil where there is none.
func find(b []byte, field protowire.Number, kind protowire.Type) []byte {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil
		}
		if b = b[n:]; number == field && typ == kind {
			return b
		}
		if n = protowire.ConsumeFieldValue(number, typ, b); n < 0 {
			return nil
		}
		b = b[n:]
	}
	return nil
}
