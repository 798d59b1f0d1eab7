// Command detect measures guard/inspect/detect on labelled values, beside
// Coraza with the OWASP Core Rule Set in the same run, and fails when a bar is
// missed. "make detect" runs it. What decides comes from elsewhere: the values
// stand in ../shared/testdata/attacks. Nobody imports it.
package main
