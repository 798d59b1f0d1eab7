package request

import (
	"encoding/json"
)

// content reads raw as one JSON text or as one string, as `content` says.
func (r *reader) content(c *codec, raw []byte, how escapes) issue {
	text, bad := r.decode(raw, how)
	if bad != fine {
		return bad
	}
	if c.text {
		r.json = appendString(r.json, text)
		return fine
	}
	// It may become a member of a larger text and must not break out of it.
	if !json.Valid(text) {
		return badJSON
	}
	r.json = append(r.json, text...)
	return fine
}
