package gate

// Trailers are passed on only where the operation says so or both sides speak
// gRPC, which cannot do without; RFC 9110 section 6.5.1 lets intermediaries
// drop them otherwise.

// TrailersOpen reports whether trailer fields of the request, and of its
// answer, may pass.
func (x *Exchange) TrailersOpen() bool {
	if x.Operation == nil {
		return false
	}
	if x.Operation.Trailers {
		return true
	}
	media, n := x.Field("Content-Type")
	return n == 1 && isGRPC(media)
}

// isGRPC reports whether a media type is gRPC's: "application/grpc", also with
// a suffix or parameters.
func isGRPC(media []byte) bool {
	const want = "application/grpc"
	if len(media) < len(want) || !EqualFold(media[:len(want)], want) {
		return false
	}
	return len(media) == len(want) || media[len(want)] == '+' || media[len(want)] == ';' || media[len(want)] == ' '
}

// notInTrailers are fields that must not stand in a trailer section: whoever
// merges them into the head would read another message (RFC 9110 section
// 6.5.1). Those that end at the gate never pass either.
var notInTrailers = [...]string{
	"Host", "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Authorization", "Cookie", "Set-Cookie",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via", "Cache-Control", "Expect", "Max-Forwards",
	"Pragma", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "WWW-Authenticate",
	"Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning",
	"X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP",
	"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
}

// CleanTrailers marks the fields of a trailer section that must not pass.
func CleanTrailers(list []Field) {
	for i := range list {
		if f := &list[i]; endsInTrailers(f.Name) {
			f.Gone = true
		}
	}
}

// CleanTrailers marks the fields of the request's trailer section that must not
// pass: those of CleanTrailers, and those by which only the gate speaks to the
// API.
func (x *Exchange) CleanTrailers() {
	CleanTrailers(x.Trailers)
	if x.API == nil {
		return
	}
	for i := range x.Trailers {
		f := &x.Trailers[i]
		for _, own := range x.API.Own {
			if EqualFold(f.Name, own) || Twin(f.Name, own) {
				f.Gone = true
			}
		}
	}
}

func endsInTrailers(name []byte) bool {
	for _, list := range [...][]string{notInTrailers[:], hopByHop[:]} {
		for _, n := range list {
			if EqualFold(name, n) || Twin(name, n) {
				return true
			}
		}
	}
	return false
}
