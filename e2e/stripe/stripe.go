// Package stripe pins the real program and the real client that the
// whole-program tests put on either side of the gate: stripe-mock, the server
// that Stripe publishes for testing its libraries, and stripe-go, whose own
// example tests are the traffic. It is a module of its own so that the product
// depends on neither, and it is never imported: package e2e builds both from
// here.
package stripe

import (
	_ "github.com/stripe/stripe-go/v85" // its folder example holds the tests
)
