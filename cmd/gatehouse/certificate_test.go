package main

import (
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// writeCertificate makes a certificate that nobody vouches for.
func writeCertificate(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	cert, key, err := testdata.Certificate(args[0], time.Now().UnixNano(), time.Now().Add(time.Hour))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pem"), cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), key, 0o600))
	on(ts).planted.addKey(ts.MkAbs(args[0]+".key"), key)
}
