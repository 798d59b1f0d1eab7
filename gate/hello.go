package gate

// Hello is what the first message of a client's TLS says of the program that
// sent it. It is immutable.
type Hello struct {
	JA4 string // the fingerprint of FoxIO's JA4: TLS Client Fingerprinting, 36 characters
	// Grease says that values stand in it which mean nothing (RFC 8701).
	Grease bool
	HTTP2  bool // it offers h2 (RFC 7301)
	// EncryptThenMAC and RecordSizeLimit are extensions that it names (RFC 7366,
	// RFC 8449).
	EncryptThenMAC, RecordSizeLimit bool
}

// Signals are signs that a call comes from another program than it says, or from
// one that is not wanted.
type Signals uint16

// The signs, each a bit.
const (
	NoAccept Signals = 1 << iota
	NoAcceptLanguage
	NoAcceptEncoding
	NoConnection
	FetchMetadata
	ClientHints
	FieldOrder
	Headless
	NoGrease
	NoHTTP2
	Extensions
	Fingerprint
)

var signalNames = [...]string{"no-accept", "no-accept-language", "no-accept-encoding", "no-connection", "fetch-metadata", "client-hints", "field-order",
	"headless", "tls-no-grease", "tls-no-http2", "tls-extensions", "fingerprint"}

// SignalNamed returns the sign of a name.
func SignalNamed(name string) (Signals, bool) {
	for i, known := range signalNames {
		if name == known {
			return 1 << i, true
		}
	}
	return 0, false
}

// Each yields the names of the signs.
func (s Signals) Each(yield func(name string) bool) {
	for i, name := range signalNames {
		if s>>i&1 != 0 && !yield(name) {
			return
		}
	}
}
