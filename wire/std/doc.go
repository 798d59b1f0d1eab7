// Package std serves the gate in programs that bring their own net/http server.
// What that server repairs or hides (bare LF, folded lines, a Content-Length
// beside Transfer-Encoding) cannot be refused here; the program gatehouse reads
// its connections itself (package h1).
//
// The root package imports it. It knows the gate and nothing of contracts,
// guards or upstreams.
package std
