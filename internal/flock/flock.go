// Package flock keeps a file for one program at a time. Whoever keeps state in a
// folder may import it; it knows nothing of what is kept.
package flock

import "errors"

// ErrHeld is a file that another program holds.
var ErrHeld = errors.New("another program holds the file")
