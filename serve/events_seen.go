package serve

import (
	"context"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/archive"
)

// EventsSeen is where the events of a configuration are.
type EventsSeen struct {
	Archive *archive.Shelf // nil for none
	Events  string         // a file, "-", "none" or ""
	OCSF    bool           // they are written in OCSF, which an archive is not
}

// SeeEvents reads in a gatehouse.yaml where events are, and opens the keys that
// its archive is encrypted with, where there are any. It makes none.
func SeeEvents(ctx context.Context, file string) (*EventsSeen, error) {
	c, err := deskSettings(file)
	if err != nil {
		return nil, err
	}
	seen := &EventsSeen{Events: c.Record.Events, OCSF: c.Record.Format == config.EventOCSF}
	if c.Record.Archive == nil {
		return seen, nil
	}
	seen.Archive, err = shelfOf(ctx, c, file)
	return seen, err
}

func shelfOf(ctx context.Context, c *config.Config, file string) (*archive.Shelf, error) {
	s := &archive.Shelf{Dir: string(c.Record.Archive.Path)}
	if c.Trust.KeysFile == "" {
		return s, nil
	}
	k, problems := keysIn(ctx, file)
	if k == nil {
		return nil, problems
	}
	s.Sealer = sealerOf(k.keys)
	return s, nil
}
