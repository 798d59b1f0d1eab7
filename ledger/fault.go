package ledger

import "fmt"

// Fault is damage that was found: where, and what it is.
type Fault struct {
	File  string // name below the folder of the ledger
	Index int64  // of the first entry that it is about; -1 where it is about none
	Text  string
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Index < 0 {
		return f.File + ": " + f.Text
	}
	return fmt.Sprintf("%s: entry %d: %s", f.File, f.Index, f.Text)
}

func fault(file string, index int64, format string, args ...any) *Fault {
	return &Fault{file, index, fmt.Sprintf(format, args...)}
}
