package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/serve"
)

// recordEntries has a ledger record events with numbers.
func recordEntries(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 3)
	keys, problems := serve.DataKeys(context.Background(), ts.MkAbs("gatehouse.yaml"))
	ts.Check(problems.Err())
	l, err := ledger.Open(ledger.Options{Dir: ts.MkAbs(args[0]), Origin: "shop/n1", Keys: keys, KeepFree: 1})
	ts.Check(err)
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := from; i < to; i++ {
		entry := fmt.Appendf(nil, `{"id":"EVENT%04d","operation":"createOrder","status":201}`, i)
		ticket, err := l.Reserve(len(entry) + ledger.Overhead)
		ts.Check(err)
		ts.Check(ticket.Commit(entry))
		ticket.Release()
	}
	ts.Check(l.Close())
}
