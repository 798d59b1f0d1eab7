// Package e2e puts real programs that were not written here behind the gate:
// each with the document that its makers publish and with its own client, the
// gate in enforce mode between them. Other servers read what the gate passes on
// of a corpus of hostile requests. It holds tests only and nobody imports it. It knows the gate as an operator does: by its command and by what goes
// over the wire.
package e2e
