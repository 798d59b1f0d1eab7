package selftest

import (
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
)

// Why a row of the document needs no probe: it is of the gate itself.
const (
	room    = "room: what the gate holds in its own memory"
	machine = "machine: the clock, processors, memory and disk of the gate"
	files   = "files: they are read before there is a copy, and hold secrets"
)

// rows say for each row of docs/reference/fail-states.md which part of a
// configuration is broken for it, or why none is: one of the reasons above.
var rows = map[string]string{
	"the key service of `trust.key`":       partKeyService,
	"the key service refuses":              partKeyService,
	"the `keys_file` is missing":           partOwnKeys,
	"the `keys_file` is damaged":           partOwnKeys,
	"Vault does not answer":                partSecrets,
	"Vault answers":                        partSecrets,
	"the file of SQLite":                   partStoreFile,
	"the disk of the file of SQLite":       partStoreFile,
	"a file of `${file:}`":                 files,
	"the keys of an issuer":                partKeys,
	"the file with the keys of an issuer":  partKeyFile,
	"the authorization server of":          partIntrospection,
	"the store, for API keys":              partStore,
	"the store, for what was revoked":      partStore,
	"the store or the keys of the issuer":  partStore,
	"room for revocations":                 room,
	"room for proofs":                      room,
	"room to hash passwords":               room,
	"revocation lists of client":           partCRL,
	"responders for client certificates":   partOCSP,
	"the key of `caller`":                  partCaller,
	"the clock of the gate":                machine,
	"the file or the server of a [feed]":   partFeed,
	"the database of countries":            partGeo,
	"DNS, for names in requests":           partNames,
	"room for names":                       room,
	"the file of [breached passwords]":     partPasswords,
	"the store, when an object is looked":  partStore,
	"the store, when an object was made":   partStore,
	"the store, when an object was remov":  partStore,
	"the store, when a rule in Cedar asks": partStore,
	"room for objects":                     room,
	"the server of [`counters`]":           partCounters,
	"room for keys of a limit":             room,
	"the clock of the calendar":            machine,
	"an API is asked for more":             partUpstream,
	"an API no longer answers":             partUpstream,
	"the gate's processors":                machine,
	"the disk of the ledger":               partLedger,
	"the folder of the ledger":             partLedger,
	"another gate has the ledger":          partLedger,
	"the file of events":                   partEvents,
	"the archive of events":                partArchive,
	"the receiver of a sink":               partSink,
	"the disk on which events wait":        partBacklog,
	"the receiver of OpenTelemetry":        partOTLP,
	"memory":                               machine,
	"what the system says of memory":       machine,
	"the server does not answer":           partCounters,
	"it is slow, or says nothing":          partCounters,
	"it was flushed":                       partCounters,
	"it has lost its scripts":              partCounters,
	"a replica took over":                  partCounters,
	"a gate that holds units":              partCounters,
}

// byPart has one kind of each part that is broken.
var byPart = map[string]*kind{
	partCRL: revocationLists, partOCSP: responders(&config.OCSP{}), partUpstream: upstreams, partKeys: keyServers, partKeyFile: keyFiles, partIntrospection: introspections, partStore: stores, partCaller: callerKeys,
	partFeed: lists(&config.Feed{URL: "https://lists.example/"}), partGeo: countries(&config.Geo{}), partNames: names(&config.SSRF{}),
	partPasswords: passwords(&config.BreachedPasswords{}), partCounters: counted(&config.Limit{Unit: config.UnitCalls}, true),
	partOwnKeys: ownKeys, partKeyService: keyServices, partSecrets: secrets, partStoreFile: storeFiles,
	partLedger: ledgers, partEvents: written("", eventsLost), partArchive: written("", eventsLost), partSink: webhooks, partBacklog: written("", sinkDrops), partOTLP: receivers,
}

// TestEveryRowIsTried holds that what the document says of a dependency that a
// configuration may name is tried, or told not to be.
func TestEveryRowIsTried(t *testing.T) {
	found := map[string]bool{}
	tried := map[string]bool{}
	for _, cell := range documented(t) {
		name := ""
		for begin := range rows {
			if strings.HasPrefix(cell, begin) && len(begin) > len(name) {
				name = begin
			}
		}
		part := rows[name]
		switch {
		case name == "":
			t.Errorf("no probe of selftest is for %q of docs/reference/fail-states.md: add one, or a reason in rows", cell)
		case byPart[part] == nil && part != room && part != machine && part != files:
			t.Errorf("%q is to be tried by %q, and there is no such probe", cell, part)
		}
		found[name], tried[part] = true, true
	}
	for name := range rows {
		if !found[name] {
			t.Errorf("docs/reference/fail-states.md has no row that begins with %q", name)
		}
	}
	for part := range byPart {
		if !tried[part] {
			t.Errorf("what %q breaks has no row in docs/reference/fail-states.md", part)
		}
	}
}

// documented are the first cells of all rows.
func documented(t *testing.T) (cells []string) {
	text, err := os.ReadFile("../../../docs/reference/fail-states.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| ") && cell != "what fails" {
			cells = append(cells, cell)
		}
	}
	if len(cells) < 40 {
		t.Fatalf("%d rows", len(cells))
	}
	return cells
}

// TestKinds holds that every way that can happen is declared, for each choice.
func TestKinds(t *testing.T) {
	all := []*kind{responders(&config.OCSP{OnFailure: config.FailOpen}), lists(&config.Feed{}), lists(&config.Feed{OnFailure: config.FailOpen}), lists(&config.Feed{Found: config.URLObserve}), countries(&config.Geo{OnFailure: config.FailOpen}),
		names(&config.SSRF{OnFailure: config.FailOpen}), passwords(&config.BreachedPasswords{Action: config.ReportBreached})}
	all = append(all, countryRules(&config.Geo{}), countryRules(&config.Geo{OnFailure: config.FailOpen}), countryLimit(&config.Limit{}), countryLimit(&config.Limit{Missing: config.MissingRefuse}))
	for _, l := range []config.LimitFailure{config.LimitClosed, config.LimitOpen, config.LimitDegraded} {
		for _, program := range []bool{false, true} {
			all = append(all, counted(&config.Limit{OnFailure: l, Unit: config.UnitCalls}, program),
				counted(&config.Limit{OnFailure: l, Unit: config.UnitCalls, Concurrency: &config.ConcurrencyLimit{}}, program))
		}
	}
	all = append(all, modules, besideLedgers, syslogs, brokers, sinkFiles)
	for _, k := range byPart {
		all = append(all, k)
	}
	for i, k := range all {
		if len(k.ways) == 0 {
			t.Errorf("%d: it fails in no way", i)
		}
		for _, w := range k.ways {
			if k.declared(w) == "" {
				t.Errorf("%d: what becomes of calls when it %v is not declared", i, w)
			}
		}
	}
	if (&Report{}).Passed() {
		t.Error("a test of nothing passes")
	}
}
