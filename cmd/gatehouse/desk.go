package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// desk is what the verbs that administer a store share: the file that says
// where it is.
type desk struct {
	w      *world
	config string
	json   bool
	admin  remoteFlags // for verbs that a gate can do as well
	server bool        // the store is one of PostgreSQL
}

// file adds the flag that names the file.
func (d *desk) file(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&d.config, "config", "gatehouse.yaml", "`FILE` that says where the store is, a gatehouse.yaml")
	return cmd
}

func (d *desk) flags(cmd *cobra.Command) {
	d.file(cmd).Flags().BoolVar(&d.json, "json", false, "print JSON")
}

// with opens the store, prepares it and calls do.
func (d *desk) with(ctx context.Context, do func(ctx context.Context, at *serve.Desk) error) error {
	return d.raw(ctx, func(ctx context.Context, at *serve.Desk) error {
		if err := at.Prepare(ctx); err != nil {
			return err
		}
		return do(store.By(ctx, byCommand), at)
	})
}

// raw opens the store as it is.
func (d *desk) raw(ctx context.Context, do func(ctx context.Context, at *serve.Desk) error) error {
	at, err := serve.OpenDesk(d.config)
	if err != nil {
		return err
	}
	defer at.Close()
	d.server = at.Config.Store.Postgres != nil
	return d.explain(do(store.By(ctx, byCommand), at))
}

// explain turns what a store says into what the user can do.
func (d *desk) explain(err error) error {
	var asked *serve.DeskError
	var said *remote.Error
	var mistake *keyring.Mistake
	hint := ""
	switch {
	case err == nil:
		return nil
	case errors.As(err, &asked):
		err, hint = errors.New(asked.Text), asked.Hint
	case errors.As(err, &said):
		err, hint = errors.New(said.Text), said.Hint
	case errors.As(err, &mistake):
		field := mistake.Field
		if slices.Contains([]string{"scopes", "roles", "operations"}, field) {
			field = strings.TrimSuffix(field, "s")
		}
		if hint = mistake.Hint; field == "name" {
			hint = "say what people know it by, as in --name 'nightly export'"
		}
		return &usageError{"--" + field + " " + mistake.Text, hint}
	case errors.Is(err, keyring.ErrDead):
		hint = "make a new key instead"
	case errors.Is(err, store.ErrNewer):
		hint = "update this program"
	case errors.Is(err, store.ErrUnavailable) && !d.server: // which says itself what to do
	case errors.Is(err, store.ErrUnavailable):
		hint = "is the database running, and is store in the gatehouse.yaml right?"
	default:
		return err
	}
	d.w.complain(err.Error(), hint)
	return errReported
}

// moment is a flag that takes a time from now on, or a day or a time of RFC 3339.
type moment struct {
	at   time.Time
	text string
}

func (m *moment) Type() string   { return "TIME" }
func (m *moment) String() string { return m.text }

func (m *moment) Set(text string) error {
	days, rest, ok := strings.Cut(text, "d")
	var n int
	if ok && rest == "" {
		if _, err := fmt.Sscanf(days+"\n", "%d\n", &n); err == nil && n > 0 && n <= 36500 {
			m.at, m.text = time.Now().AddDate(0, 0, n), text
			return nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		m.at, m.text = time.Now().Add(d), text
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			m.at, m.text = at, text
			return nil
		}
	}
	return errors.New("must be a time from now on, such as 90d or 12h, or one such as 2027-01-31 or 2027-01-31T12:00:00Z")
}

// day writes a time for people; "" is for the zero one.
func day(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}
