// Package wire holds what turns bytes into exchanges and back: engines (std),
// listeners (edge), the way to the API (upstream), and the answers to those who
// watch over the gate (maintenance). It has no code of its own; its tests run
// the first three together over real connections. Nothing imports it. Of what
// is above, only the root package knows of net/http, whose handlers it protects.
package wire
