package console

import (
	"io"
	"net/http"
)

// Answer is what a log is answered that asks for a cosignature.
type Answer struct {
	Status int
	Type   string // of Text
	Text   []byte
}

// maxSubmission bounds what a log submits, in bytes: a proof and a checkpoint. The
// gate holds to it as well.
const maxSubmission = 128 << 10

// typed says what the body of a submission is where nobody does: C2SP tlog-witness
// names no type, and without one the gate takes no body (RFC 9110 section 8.3: it
// may be assumed to be application/octet-stream).
func typed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/witness/add-checkpoint" && r.Header["Content-Type"] == nil {
			r.Header.Set("Content-Type", "application/octet-stream")
		}
		next.ServeHTTP(w, r)
	})
}

// addCheckpoint cosigns the checkpoint of a log (C2SP tlog-witness). Whoever it is
// that submits it, the log's own signature is what counts.
func (c *console) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	if c.Cosign == nil {
		http.Error(w, "this gate is no witness", http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSubmission))
	if err != nil {
		http.Error(w, "the submission is too large", http.StatusRequestEntityTooLarge)
		return
	}
	a := c.Cosign(body)
	w.Header().Set("Content-Type", a.Type)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.Status)
	w.Write(a.Text)
}
