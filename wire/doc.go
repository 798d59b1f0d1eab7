// Package wire holds what turns bytes into exchanges and back: engines (std),
// listeners (edge) and the way to the API (upstream). It has no code of its
// own; its tests run the three together over real connections. Nothing imports
// it, and nothing above the packages below it knows of net/http.
package wire
