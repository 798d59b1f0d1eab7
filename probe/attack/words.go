package attack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Columns are the heads of what Cells returns.
var Columns = []string{"attacks", "refused", "detection", "benign", "refused", "false alarms", "for form", "p50", "p99"}

// Cells are the figures of a row in words.
func (r *Row) Cells() []string {
	detection, alarms := "-", "-"
	if r.Attacks > 0 {
		detection = fmt.Sprintf("%.2f%%", r.Detection())
	}
	if r.Benign > 0 {
		alarms = fmt.Sprintf("%.2f%%", r.Alarms())
	}
	return []string{strconv.Itoa(r.Attacks), strconv.Itoa(r.Detected), detection, strconv.Itoa(r.Benign), strconv.Itoa(r.FalseAlarms), alarms, strconv.Itoa(r.Form),
		fmt.Sprintf("%.2f ms", r.P50), fmt.Sprintf("%.2f ms", r.P99)}
}

// Summary says in lines what was sent and what was not.
func (r *Report) Summary() (lines []string) {
	lines = append(lines, fmt.Sprintf("%d values in %d places: %d of %d combinations chosen, %d excluded by schema, %d that HTTP does not carry there, %d sent and judged",
		r.Values, r.Tried, r.Chosen, r.Possible, r.Excluded, r.Unsendable, r.Sent))
	if len(r.Total.Codes) > 0 {
		lines = append(lines, "refused as: "+counted(r.Total.Codes))
	}
	if r.Total.Form > 0 {
		lines = append(lines, fmt.Sprintf("refused for their form: %d, which count neither as found nor as false alarms", r.Total.Form))
	}
	if len(r.Undecided) > 0 {
		lines = append(lines, "not judged: "+counted(r.Undecided))
	}
	if left := r.Chosen - r.Reached; left > 0 {
		lines = append(lines, fmt.Sprintf("%d were not sent, since the time was over", left))
	}
	if len(r.Skipped) > 0 {
		lines = append(lines, "files that are no corpus: "+strings.Join(r.Skipped, ", "))
	}
	return lines
}

func counted(m map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprintf("%s %d", name, m[name]))
	}
	return strings.Join(list, ", ")
}

// Quoted is a value without anything that a terminal obeys; "" for none.
func Quoted(value string) string {
	if value == "" {
		return ""
	}
	return strconv.QuoteToASCII(value)
}
