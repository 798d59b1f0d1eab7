package selftest

var (
	// ledgers is how a ledger fails for calls that must be recorded.
	ledgers = withoutJam(&kind{
		ways: []way{blocked, locked, full, jammed},
		says: map[way]declaration{blocked: noLedger, locked: noLedger, full: unrecorded, jammed: unrecorded.found(broken(untilRefused))},
	})
	noLedger   = noStart.saying("the ledger cannot be opened")
	unrecorded = later503("audit-unavailable")
	// besideLedgers is how it fails for the others.
	besideLedgers = withoutJam(&kind{
		ways: []way{full, jammed},
		says: map[way]declaration{full: {words: comes, passes: true}, jammed: goesOn("nothing has to be written", steady)},
	})
	webhooks = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{
			refused: sinkWaits.declared(), silent: sinkWaits.declared(), garbage: sinkWaits.declared(), failing: sinkWaits.declared(), half: sinkWaits.declared(),
			gone: sinkWaits.declared().found(broken(sinkWaits.seen)),
		},
	}
	// syslogs say nothing to what they are told, so that they cannot fail in that.
	syslogs = &kind{
		ways: []way{refused, gone},
		says: map[way]declaration{refused: sinkWaits.declared(), gone: sinkWaits.declared().found(broken(sinkWaits.seen))},
	}
	// brokers are of Kafka. Copies have none that are well.
	brokers = &kind{
		ways: []way{refused, silent, garbage},
		says: map[way]declaration{refused: sinkWaits.declared(), silent: sinkWaits.declared(), garbage: sinkWaits.declared()},
	}
	// sinkFiles have their backlog on the same disk, which is a kind of its own.
	sinkFiles = &kind{
		ways: []way{blocked},
		says: map[way]declaration{blocked: sinkWaits.declared()},
	}
	// receivers is how one of OpenTelemetry fails.
	receivers = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{
			refused: spansWait.declared(), silent: spansWait.declared(), garbage: spansWait.declared(), half: spansWait.declared(),
			failing: spansLost.declared(), // it may not be asked again (OTLP 1.x, retryable response codes)
			gone:    spansWait.declared().found(broken(spansWait.seen)),
		},
	}
)

// written is how a place fails that the gate opens when it starts, of which it
// says because, and then writes to.
func written(because string, s sight) *kind {
	return withoutJam(&kind{
		ways: []way{blocked, jammed},
		says: map[way]declaration{blocked: noStart.saying(because), jammed: s.declared().found(broken(s.seen))},
	})
}

// withoutJam is k without what cannot happen on this system.
func withoutJam(k *kind) *kind {
	if last := len(k.ways) - 1; !jams && k.ways[last] == jammed {
		k.ways = k.ways[:last]
	}
	return k
}
