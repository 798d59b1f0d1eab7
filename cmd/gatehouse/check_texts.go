package main

import (
	"fmt"
	"strconv"

	"github.com/gatehouse-api/gatehouse"
)

// texts lists how the texts of requests are searched for attacks.
func (w *world) texts(list []gatehouse.InspectedTexts) {
	if len(list) == 0 {
		return
	}
	p := w.paint(w.stdout)
	rows := [][]string{{p.bold("OPERATION"), p.bold("TEXT"), p.bold("AS"), p.bold("FROM"), p.bold("WHY")}}
	searched, skipped := 0, 0
	for _, o := range list {
		if o.Mode == "off" {
			rows = append(rows, []string{o.Operation, "", p.red("off"), "", "gatehouse.yaml says so"})
			continue
		}
		for _, t := range o.Texts {
			from := ""
			if t.From > 0 {
				from = strconv.Itoa(int(t.From))
				searched++
			} else {
				skipped++
			}
			rows = append(rows, []string{o.Operation, t.In + " " + t.Name, t.As, from, t.Why})
		}
	}
	fmt.Fprintf(w.stdout, "\n%s\nsearched: %d, skipped: %d\n", table(rows), searched, skipped)
}
