package metrics

// Alerts is what is known of rules over events.
type Alerts struct {
	Rules  []Alert
	Missed uint64 // events that were not judged
}

// Alert is what is known of one rule.
type Alert struct {
	Name                          string
	Told, Quiet, Flooded, Evicted uint64
	Groups                        int
}

var ofAlert = []string{"alert"}

// The metrics of alerts.
var (
	alertsTold    = Definition{"gatehouse_alerts_total", Counter, ofAlert, "Alerts that were told."}
	alertsUntold  = Definition{"gatehouse_alerts_untold_total", Counter, []string{"alert", "why"}, "Alerts that were not told: quiet (the same was told before), flood (the rule told too much)."}
	alertGroups   = Definition{"gatehouse_alert_groups", Gauge, ofAlert, "What an alert remembers: groups of events, or values that were seen."}
	alertsEvicted = Definition{"gatehouse_alert_evicted_total", Counter, ofAlert, "Of these, what was forgotten before its time to keep the bound."}
	alertsMissed  = Definition{"gatehouse_alert_missed_total", Counter, nil, "Events that no alert judged, since too many waited."}
)

func (t *tally) alerts(a *Alerts) {
	for i := range a.Rules {
		r := &a.Rules[i]
		t.add(&alertsTold, float64(r.Told), r.Name)
		t.add(&alertsUntold, float64(r.Quiet), r.Name, "quiet")
		t.add(&alertsUntold, float64(r.Flooded), r.Name, "flood")
		t.set(&alertGroups, float64(r.Groups), r.Name)
		t.add(&alertsEvicted, float64(r.Evicted), r.Name)
	}
	t.add(&alertsMissed, float64(a.Missed))
}
