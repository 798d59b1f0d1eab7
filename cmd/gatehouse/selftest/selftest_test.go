package selftest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
)

// TestHolds holds that only what is declared counts as declared.
func TestHolds(t *testing.T) {
	call := &witness{well: outcome{status: 204, reached: true}}
	degraded := counted(&config.Limit{OnFailure: config.LimitDegraded, Unit: config.UnitCalls}, true)
	good := outcome{status: 503, code: unverified, retry: true}
	for _, row := range []struct {
		name string
		kind *kind
		way  way
		o    outcome
		err  error
		want bool
	}{
		{"declared", keyServers, refused, good, nil, true},
		{"let-through", keyServers, refused, outcome{status: 204, reached: true}, nil, false},
		{"declared-but-let-through", keyServers, refused, outcome{status: 503, code: unverified, retry: true, reached: true}, nil, false},
		{"as-if-the-token-were-bad", keyServers, refused, outcome{status: 401, code: "credential-invalid"}, nil, false},
		{"no-retry-after", keyServers, refused, outcome{status: 503, code: unverified}, nil, false},
		{"other-code", keyServers, refused, outcome{status: 503, code: "overloaded", retry: true}, nil, false},
		{"no-answer", keyServers, refused, outcome{}, errors.New("nothing"), false},
		{"undeclared-way", stores, half, good, nil, false},
		{"keys-go-on", keyServers, gone, call.well, nil, true},
		{"keys-are-lost", keyServers, gone, good, nil, false},
		{"half-an-answer", upstreams, half, outcome{status: 200, broken: true}, nil, false},
		{"no-gate", keyFiles, absent, outcome{}, errNoStart, true},
		{"a-gate-without-its-file", keyFiles, absent, call.well, nil, false},
		{"no-gate-for-this-reason", ownKeys, garbage, outcome{}, fmt.Errorf("%w: the gate's own keys: nonsense", errNoStart), true},
		{"no-gate-for-another-reason", ownKeys, garbage, outcome{}, fmt.Errorf("%w: the address is taken", errNoStart), false},
		{"goes-on-and-keeps-what-serves", ownKeys, spoiled, outcome{status: 204, reached: true, reload: reloadRefused}, nil, true},
		{"takes-a-damaged-file-over", ownKeys, spoiled, outcome{status: 204, reached: true, reload: reloadTaken}, nil, false},
		{"was-not-reloaded", ownKeys, spoiled, call.well, nil, false},
		{"ends-with-its-vault", secrets, gone, outcome{status: 503, code: unverified, retry: true, reload: reloadTaken}, nil, false},
		{"rules-without-a-country", countryRules(&config.Geo{}), absent, outcome{status: 503, code: noPolicy, retry: true}, nil, true},
		{"rules-that-pass-without-a-country", countryRules(&config.Geo{}), absent, call.well, nil, false},
		{"rules-that-forbid-without-a-country", countryRules(&config.Geo{OnFailure: config.FailOpen}), absent, outcome{status: 403, code: policyDenied}, nil, true},
		{"open-rules-that-are-unavailable", countryRules(&config.Geo{OnFailure: config.FailOpen}), absent, outcome{status: 503, code: noPolicy, retry: true}, nil, false},
		{"limit-that-lets-through", countryLimit(&config.Limit{Missing: config.MissingRefuse}), absent, call.well, nil, false},
		{"no-gate-where-one-is-meant", keyServers, refused, outcome{}, errNoStart, false},
		{"open", names(&config.SSRF{OnFailure: config.FailOpen}), refused, call.well, nil, true},
		{"open-and-refused", names(&config.SSRF{OnFailure: config.FailOpen}), refused, outcome{status: 503, code: "url-unresolved", retry: true}, nil, false},
		{"closed-and-let-through", names(&config.SSRF{}), refused, call.well, nil, false},
		{"events-wait", webhooks, refused, outcome{status: 204, reached: true, wrote: sinkWaits.words}, nil, true},
		{"nobody-knows-of-events", webhooks, refused, call.well, nil, false},
		{"events-are-lost-and-not-kept", webhooks, refused, outcome{status: 204, reached: true, wrote: eventsLost.words}, nil, false},
		{"a-receiver-holds-calls-up", receivers, silent, outcome{status: 503, code: "overloaded", retry: true, wrote: spansWait.words}, nil, false},
		{"recorded-nowhere", ledgers, full, call.well, nil, false},
		{"not-recorded", ledgers, full, outcome{status: 503, code: "audit-unavailable", retry: true}, nil, true},
		{"other-calls-are-refused", besideLedgers, full, outcome{status: 503, code: "audit-unavailable", retry: true}, nil, false},
		{"degraded", degraded, silent, outcome{status: 204, reached: true, later: "429 limit-exceeded, with Retry-After"}, nil, true},
		{"degraded-and-open", degraded, silent, call.well, nil, false},
		{"open-and-counted", counted(&config.Limit{OnFailure: config.LimitOpen}, false), silent, outcome{status: 204, reached: true, later: "429 limit-exceeded, with Retry-After"}, nil, false},
		{"emptied-and-let-through", degraded, emptied, call.well, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.kind.holds(&trial{dependency: &dependency{kind: row.kind}, way: row.way, call: call}, row.o, row.err); got != row.want {
				t.Errorf("%v: %t", row.o, got)
			}
		})
	}
}
