package session

import "time"

// Limits bounds what one client can make the engine hold or wait for. A zero
// field takes its default; there is no way to say "unbounded".
type Limits struct {
	HeadBytes   int           // of a request head, line ends included; default 32 KiB
	Fields      int           // in one head; default 128
	TargetBytes int           // of the request target; default 8 KiB
	HeadTimeout time.Duration // from a head's first byte (the first head: from the connection) to its end, TLS handshake included; default 10s
	IdleTimeout time.Duration // between two exchanges; default 60s
	BodyGrace   time.Duration // that a body may make the engine wait beyond its least rate; default 10s
	BodyRate    int           // least bytes of a body per second of waiting, after the grace; default 500
	WriteStall  time.Duration // in which a client must take 32 KiB of what it is sent, or the rest when that is less; default 30s
	HalfClose   time.Duration // for which a client that sends no more may still wait for its answer; more often it has left, and the API works for nobody; default 5s
	Linger      time.Duration // for which a refused client is still listened to, so that it can read the refusal; default 500ms
	Recheck     time.Duration // after which an exchange that takes long, a stream or a tunnel, is asked again whether it may go on; default 800ms, so that what was taken back ends it within a second
	TunnelIdle  time.Duration // for which nothing may move in a tunnel; default 10m
	Farewell    time.Duration // for which a connection that is to end may still bring a request, which its client sent before it could know; default 500ms
}

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	fill(&l.HeadBytes, 32<<10)
	fill(&l.Fields, 128)
	fill(&l.TargetBytes, 8<<10)
	fill(&l.HeadTimeout, 10*time.Second)
	fill(&l.IdleTimeout, 60*time.Second)
	fill(&l.BodyGrace, 10*time.Second)
	fill(&l.BodyRate, 500)
	fill(&l.WriteStall, 30*time.Second)
	fill(&l.HalfClose, 5*time.Second)
	fill(&l.Linger, 500*time.Millisecond)
	fill(&l.Farewell, 500*time.Millisecond)
	fill(&l.Recheck, 800*time.Millisecond)
	fill(&l.TunnelIdle, 10*time.Minute)
	return l
}

func fill[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
