package config

// EventFormat is how events are written.
type EventFormat string

// The formats.
const (
	EventLines EventFormat = "lines" // the gate's own
	EventOCSF  EventFormat = "ocsf"  // Open Cybersecurity Schema Framework, version 1.8.0
)

// Words are those that the key may be.
func (EventFormat) Words() []string { return []string{string(EventLines), string(EventOCSF)} }
