package selftest

import (
	"errors"
	"slices"
	"strings"
)

// dependency is one thing that the gate depends on.
type dependency struct {
	name      string
	onFailure string // what the configuration says of its failing; "" where there is no choice
	part      string // of the configuration
	at        int    // which of them
	kind      *kind
	call      *witness // by which its failing shows
}

// The parts of a configuration that name dependencies. The test of
// docs/reference/fail-states.md holds that each of its rows has one, or a reason
// in untold.
const (
	partUpstream      = "upstreams"
	partKeys          = "jwks"
	partKeyFile       = "jwks.file"
	partIntrospection = "introspection"
	partStore         = "store"
	partCaller        = "caller"
	partFeed          = "feeds"
	partGeo           = "geo"
	partNames         = "ssrf"
	partPasswords     = "breached_passwords"
	partCounters      = "counters"
	partCRL           = "crl"
	partOCSP          = "ocsp"
	partOwnKeys       = "keys_file"
	partKeyService    = "trust.key"
	partSecrets       = "vault"
	partStoreFile     = "sqlite"
	partLedger        = "ledger"
	partEvents        = "events"
	partArchive       = "archive"
	partSink          = "sinks"
	partBacklog       = "sinks_folder"
	partOTLP          = "otlp"
)

// needUnrecorded is a call that is not recorded in the ledger.
const needUnrecorded = "unrecorded"

// partsOfRecord are those whose failing shows in metrics.
var partsOfRecord = []string{partEvents, partArchive, partSink, partBacklog, partOTLP}

// kind is how dependencies of a part fail, and what is declared of that:
// docs/reference/fail-states.md says the same in words.
type kind struct {
	ways []way
	says map[way]declaration
}

// declaration is what is to become of a call.
type declaration struct {
	words  string
	status []int
	codes  []string // of the problem, one of them
	retry  bool     // with Retry-After
	// asBefore says that it becomes of a call what became of it before.
	asBefore bool
	decided  bool   // rules permit it or not
	passes   bool   // it comes to the API
	later    string // what then becomes of further calls; "" for the same
	reload   string // what becomes of a reload; "" where there is none
	wrote    string // what becomes of what is written of calls; "" where nobody looks
	noStart  bool   // there is no gate
	because  string // and its message says so in these words, among others; "" for any
	probe    probe  // how to find out; nil is once
}

// declared are the words of what is to become of a call when it fails by w.
func (k *kind) declared(w way) string { return k.says[w].words }

// holds reports whether what happened is what is declared.
func (k *kind) holds(one *trial, o outcome, err error) bool {
	d, ok := k.says[one.way]
	switch {
	case !ok:
		return false
	case d.noStart:
		return errors.Is(err, errNoStart) && strings.Contains(err.Error(), d.because)
	case err != nil:
		return false
	case o.reload != d.reload, o.wrote != d.wrote:
		return false
	case d.asBefore:
		o.reload = ""
		return o == one.call.well
	case d.decided:
		return o.judged()
	case d.passes:
		return o.reached && !o.broken && o.later == d.later
	}
	return !o.reached && !o.broken && slices.Contains(d.status, o.status) && slices.Contains(d.codes, o.code) && (o.retry || !d.retry)
}

// trials are all dependencies in all their ways.
func (t *test) trials() (list []trial) {
	for _, d := range t.dependencies() {
		for _, w := range d.kind.ways {
			list = append(list, trial{dependency: d, way: w, call: d.call})
		}
	}
	return list
}
