package metrics

import "time"

// Sink is what is known of a receiver of events.
type Sink struct {
	Name                                       string
	Delivered, Refused, Full, Damaged, Unsaved uint64 // events
	Waiting                                    int    // events
	Bytes                                      int64
	Lag                                        time.Duration
	Failing                                    bool
}

var ofSink = []string{"sink"}

// The metrics of sinks.
var (
	sinkDelivered = Definition{"gatehouse_sink_delivered_total", Counter, ofSink, "Events that a sink has taken."}
	sinkDropped   = Definition{"gatehouse_sink_dropped_total", Counter, []string{"sink", "why"}, "Events that a sink will not get: full (to keep the bound of its backlog), refused (laid aside as files, since the sink calls them malformed), damaged (unreadable in the backlog), unsaved (the backlog could not be written)."}
	sinkWaiting   = Definition{"gatehouse_sink_waiting", Gauge, ofSink, "Events that wait on disk for a sink."}
	sinkBytes     = Definition{"gatehouse_sink_backlog_bytes", Gauge, ofSink, "Bytes of these on disk."}
	sinkLag       = Definition{"gatehouse_sink_lag_seconds", Gauge, ofSink, "How long the oldest of these has waited; 0 where none does."}
	sinkUp        = Definition{"gatehouse_sink_up", Gauge, ofSink, "0 while a sink takes no events. The log says why."}
)

func (t *tally) sink(s *Sink) {
	t.add(&sinkDelivered, float64(s.Delivered), s.Name)
	t.add(&sinkDropped, float64(s.Full), s.Name, "full")
	t.add(&sinkDropped, float64(s.Refused), s.Name, "refused")
	t.add(&sinkDropped, float64(s.Damaged), s.Name, "damaged")
	t.add(&sinkDropped, float64(s.Unsaved), s.Name, "unsaved")
	t.add(&sinkWaiting, float64(s.Waiting), s.Name)
	t.add(&sinkBytes, float64(s.Bytes), s.Name)
	t.set(&sinkLag, s.Lag.Seconds(), s.Name)
	t.set(&sinkUp, truth(!s.Failing), s.Name)
}
