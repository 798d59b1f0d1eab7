package selftest

import "github.com/gatehouse-api/gatehouse/config"

var (
	closed      = later503(unverified)
	unreachable = declaration{words: "502 upstream-unreachable, or 503 upstream-unavailable", status: []int{502, 503}, codes: []string{"upstream-unreachable", "upstream-unavailable", "upstream-broken"}}
	noStart     = declaration{words: "the gate does not start", noStart: true}
)

func later503(code string) declaration {
	return declaration{words: "503 " + code + ", with Retry-After", status: []int{503}, codes: []string{code}, retry: true}
}

// by is what a choice between closed and open declares.
func by(choice config.OnFailure, code string) declaration {
	if choice == config.FailOpen {
		return declaration{words: comes, passes: true}
	}
	return later503(code)
}

const comes = "it comes to the API"

// found is d, found out by p.
func (d declaration) found(p probe) declaration {
	d.probe = p
	return d
}

// with is d, and what becomes of a reload.
func (d declaration) with(reload string) declaration {
	d.words, d.reload = d.words+"; "+reload, reload
	return d
}

// saying is d, where the message has to say why.
func (d declaration) saying(words string) declaration {
	d.because = words
	return d
}

// goesOn is that nothing becomes of it for now, and why.
func goesOn(why string, p probe) declaration {
	return declaration{words: "as before: " + why, asBefore: true, probe: broken(p)}
}

// The kinds that are the same in every configuration. A way that a kind does not
// have cannot happen to it.
var (
	upstreams = &kind{
		ways: []way{refused, silent, garbage, half, gone},
		says: map[way]declaration{
			refused: unreachable,
			silent:  {words: "504 upstream-timeout", status: []int{504}, codes: []string{"upstream-timeout"}},
			garbage: {words: "502 upstream-broken", status: []int{502}, codes: []string{"upstream-broken"}},
			half:    {words: "502 upstream-broken", status: []int{502}, codes: []string{"upstream-broken"}},
			gone:    unreachable.found(broken(once)),
		},
	}
	keyServers = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{
			refused: closed, silent: closed, garbage: closed, failing: closed, half: closed,
			gone: goesOn("the last good keys go on for max_stale", once),
		},
	}
	keyFiles = &kind{
		ways: []way{absent, garbage, gone},
		says: map[way]declaration{absent: noStart, garbage: noStart, gone: goesOn("the last good keys go on for max_stale", once)},
	}
	introspections = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{refused: closed, silent: closed, garbage: closed, failing: closed, half: closed, gone: closed.found(broken(once))},
	}
	stores = &kind{
		ways: []way{refused, silent, garbage},
		says: map[way]declaration{refused: closed, silent: closed, garbage: closed},
	}
	revocationLists = &kind{
		ways: []way{absent, garbage, gone, stale},
		says: map[way]declaration{
			absent: noStart, garbage: noStart, gone: goesOn("the last list is used until it ends", once),
			stale: unchecked.found(broken(untilRefused)),
		},
	}
	unchecked  = later503("certificate-unchecked")
	callerKeys = &kind{
		ways: []way{absent, garbage},
		says: map[way]declaration{absent: noStart, garbage: noStart},
	}
)

// responders is how a responder for client certificates fails. Clients are refused
// in the handshake; on a connection that is kept, calls are.
func responders(o *config.OCSP) *kind {
	d := declaration{words: noHandshake, status: []int{0}, codes: []string{noHandshake}}
	past := unchecked.found(broken(untilRefused))
	if o.OnFailure == config.FailOpen {
		d = by(config.FailOpen, "")
		past = d.found(broken(pastAnswer))
	}
	return &kind{ways: []way{refused, silent, garbage, failing, half, gone, stale}, says: map[way]declaration{
		refused: d, silent: d, garbage: d, failing: d, half: d, gone: goesOn("answers are used until they end", once), stale: past,
	}}
}

// lists is how a feed fails.
func lists(f *config.Feed) *kind {
	d := by(f.OnFailure, "feed-unavailable")
	if f.Found == config.URLObserve {
		d = by(config.FailOpen, "")
	}
	k := &kind{ways: []way{refused, silent, garbage, failing, half, gone, stale}, says: map[way]declaration{}}
	if f.URL == "" {
		k.ways = []way{absent, garbage, gone, stale}
	}
	for _, w := range k.ways {
		k.says[w] = d
	}
	k.says[gone] = goesOn("the last good list goes on for max_stale", steady)
	k.says[stale] = d.found(broken(d.until()))
	return k
}

// countries is how a database of countries fails.
func countries(g *config.Geo) *kind {
	d := by(g.OnFailure, "feed-unavailable")
	return &kind{ways: []way{absent, garbage, gone, stale}, says: map[way]declaration{
		absent: d, garbage: d, gone: goesOn("the last good database goes on for max_stale", steady), stale: d.found(atOnce(d.until())),
	}}
}

// until waits for what is declared.
func (d declaration) until() probe {
	if d.passes {
		return pastStale
	}
	return untilRefused
}

// names is how DNS fails for names in requests.
func names(s *config.SSRF) *kind {
	d := by(s.OnFailure, "url-unresolved")
	return &kind{ways: []way{refused, silent, garbage, late, gone}, says: map[way]declaration{
		refused: d, silent: d, garbage: d, late: d, gone: goesOn("names that are known go on for 30 seconds", once),
	}}
}

// passwords is how a list of breached passwords fails.
func passwords(b *config.BreachedPasswords) *kind {
	d := later503("login-unavailable")
	if b.Action == config.ReportBreached {
		d = declaration{words: comes, passes: true}
	}
	return &kind{ways: []way{absent, garbage, gone, emptied}, says: map[way]declaration{
		absent: noStart, garbage: noStart, gone: goesOn("the list that was opened is used on", once), emptied: d.found(broken(once)),
	}}
}

// counted is how a server of counters fails for one limit. What needs a server
// that counts is tried where there is a program for it.
func counted(l *config.Limit, program bool) *kind {
	over := "429 limit-exceeded, with Retry-After"
	d := declaration{words: comes, passes: true, probe: spend}
	switch {
	case l.OnFailure == config.LimitClosed:
		d = later503("limit-unavailable")
	case l.OnFailure == config.LimitDegraded && countable(l):
		d.words, d.later = comes+", later calls are "+over+": the gate's part is spent", over
	}
	k := &kind{ways: []way{refused, silent, garbage}, says: map[way]declaration{refused: d, silent: d, garbage: d}}
	if !program {
		return k
	}
	k.ways = append(k.ways, late)
	k.says[late] = d
	if l.Concurrency == nil { // places that the gate has go on for seconds
		k.ways = append(k.ways, gone)
		k.says[gone] = d.found(broken(d.probed()))
	}
	if countable(l) {
		k.ways = append(k.ways, emptied)
		k.says[emptied] = declaration{words: over + ": what is spent stays so", status: []int{429}, codes: []string{"limit-exceeded"}, retry: true, probe: spent}
	}
	return k
}

// countable reports whether it is known how many calls a limit lets through: a
// copy has it count few.
func countable(l *config.Limit) bool { return l.Unit == config.UnitCalls && l.Concurrency == nil }
