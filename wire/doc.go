// Package wire holds what turns bytes into exchanges and back: listeners (edge)
// and sockets that somebody else has opened (inherit), the server and its
// engines (server, session, h1, h2), the way to the API and the choice between
// several (upstream, balance), handlers for programs with a server of their own
// (std), and the answers to those who watch over the gate (maintenance). It has
// no code of its own; its tests run these together over real connections.
// Nothing imports it. Of what is above, only the root package knows of net/http,
// whose handlers it protects.
package wire
