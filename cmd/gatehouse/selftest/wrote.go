package selftest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What becomes of what is written of calls, by the gate's own metrics.
var (
	eventsLost = sight{words: "events are lost, and counted", shows: func(m, _ numbers) bool { return m["gatehouse_events_lost_total"] > 0 }}
	sinkWaits  = sight{words: "events wait on disk", shows: func(m, _ numbers) bool {
		up, known := m[ofSink("up")]
		return known && up == 0 && m[ofSink("waiting")] > 0
	}}
	sinkDrops = sight{words: "events are dropped, and counted", shows: func(m, _ numbers) bool {
		return m[`gatehouse_sink_dropped_total{sink="`+sinkName+`",why="unsaved"}`] > 0
	}}
	spansLost = sight{words: "what was to be sent is lost, and counted", shows: func(m, _ numbers) bool { return m[spans("lost_total")] > 0 }}
	// What waits for a second goes together with others.
	spansWait = sight{words: "what is to be sent waits", after: 2 * holds, shows: func(m, before numbers) bool {
		return m[spans("waiting")] > 0 && m[spans("sent_total")] == before[spans("sent_total")]
	}}
)

func ofSink(what string) string { return `gatehouse_sink_` + what + `{sink="` + sinkName + `"}` }

func spans(what string) string { return `gatehouse_otlp_` + what + `{signal="traces"}` }

// numbers are metrics, by their names with labels as they are written.
type numbers map[string]float64

// sight is what becomes of it, in words, and how that shows in metrics since some
// were taken before, and calls came for a while.
type sight struct {
	words string
	after time.Duration
	shows func(now, before numbers) bool
}

// declared is that calls come to the API, and what is seen besides when they come
// for a while.
func (s sight) declared() declaration {
	return declaration{words: comes + "; " + s.words, passes: true, wrote: s.words, probe: s.seen}
}

// seen sends calls until it is seen.
func (s sight) seen(ctx context.Context, c *copied, w *witness) (outcome, error) {
	before, err := c.numbers(ctx)
	if err != nil {
		return outcome{}, err
	}
	seen, began := false, time.Now()
	o, wrong := c.watch(ctx, w, 8*holds, func(o outcome) bool {
		var now numbers
		if time.Since(began) >= s.after {
			now, err = c.numbers(ctx)
			seen = err == nil && s.shows(now, before)
		}
		return seen || err != nil || !o.reached
	})
	if seen {
		o.wrote = s.words
	}
	if wrong == nil {
		wrong = err
	}
	return o, wrong
}

// watched is the address at which copies tell their metrics.
const watched = "127.0.0.1:0"

// numbers asks a copy for its metrics.
func (c *copied) numbers(ctx context.Context) (numbers, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.program.MaintenanceURL()+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the copy answers %d for its metrics", answer.StatusCode)
	}
	out := numbers{}
	for lines := bufio.NewScanner(io.LimitReader(answer.Body, 8<<20)); lines.Scan(); {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if n, err := strconv.ParseFloat(lines.Text()[at+1:], 64); err == nil && at > 0 {
			out[lines.Text()[:at]] = n
		}
	}
	return out, nil
}

// recorded reports whether the call of w is recorded in the ledger.
func (c *copied) recorded(ctx context.Context, w *witness) (bool, error) {
	const name = `gatehouse_ledger_calls_total{result="recorded"}`
	before, err := c.numbers(ctx)
	if err != nil {
		return false, err
	}
	if _, err := c.send(ctx, w); err != nil {
		return false, err
	}
	now, err := c.numbers(ctx)
	return err == nil && now[name] > before[name], err
}
