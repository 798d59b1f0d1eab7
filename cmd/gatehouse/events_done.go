package main

import (
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/record"
)

// done says of what happened to the gate who did it and on what, why, and when the
// gate came to know of it, where that was later.
func done(l *record.Line) string {
	var list []string
	if l.By != "" {
		by := "by " + l.By
		if l.On != "" {
			by += ": " + l.On
		}
		list = append(list, by)
	}
	if l.By == "" && !strings.HasPrefix(l.On, "sha256:") && l.On != "" {
		list = append(list, l.On)
	}
	if l.Why != "" {
		list = append(list, l.Why)
	}
	if !l.TakenUp.IsZero() {
		list = append(list, "taken up "+l.TakenUp.UTC().Format(time.RFC3339))
	}
	return shown(strings.Join(list, ", "))
}
