package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newEvents(w *world) *cobra.Command {
	e := &eventSearcher{w: w}
	cmd := &cobra.Command{
		Use:   "events [DIR | FILE.jsonl | -] [flags]",
		Short: "Search what the gate has written down of calls",
		Long: `Shows events of the archive that gatehouse.yaml names (record: archive), of
another archive, of a file of events, or of standard input. Filters that are
given must all hold. On a terminal events are a table; with --json they are the
lines that the gate wrote, as docs/events.md describes them; with --ocsf they are
written in the schema of OCSF, several lines for a call where that has several
classes of what happened.

Times are RFC 3339 as in 2031-02-03T04:05:06Z, a day as in 2031-02-03, or how
long ago: 30m, 2h, 7d. An encrypted archive is opened with the keys that
gatehouse.yaml names; say --config where that is not in this folder.

Exit status: 0 when events were found, 1 when none were or they cannot be read,
2 when the command line is wrong.`,
		Example: `  gatehouse events --since 2h --outcome refused
  gatehouse events --id 01jd0000000000000000000000 --json
  gatehouse events --since 7d --count-by code
  gatehouse events --follow --operation addPet
  gatehouse events events.jsonl --address 203.0.113.0/24`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{cmd.CommandPath() + " reads one place", "name an archive, a file, or - for standard input"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return e.run(cmd, args)
		},
	}
	e.flags(cmd.Flags())
	return cmd
}

// eventSearcher is the verb and its flags.
type eventSearcher struct {
	w                  *world
	config             string
	since, until       string
	caller, principal  string
	address            string
	query              archive.Query
	limit              int
	countBy            string
	follow, json, ocsf bool
}

func (e *eventSearcher) flags(f *pflag.FlagSet) {
	f.StringVar(&e.since, "since", "", "only events of this `TIME` or later")
	f.StringVar(&e.until, "until", "", "only events before this `TIME`")
	f.StringVar(&e.query.ID, "id", "", "the event of this `ID`, which the client was told")
	f.StringVar(&e.query.API, "api", "", "only calls of the API of this `NAME`")
	f.StringVar(&e.query.Operation, "operation", "", "only calls of this `OPERATION`: its name, or its method and path, as \"GET /pets/{id}\"")
	f.StringVar(&e.query.Outcome, "outcome", "", "only those that were refused, passed, replied, failed or aborted; `OUTCOME` lost shows where events were lost, change what happened to the gate itself, alert what rules found")
	f.StringVar(&e.query.Code, "code", "", "only refusals of this `CODE`, also those that would have been in observe mode")
	f.StringVar(&e.caller, "caller", "", "only calls of this caller, by the `HASH` that events have, or its first 16 digits")
	f.StringVar(&e.principal, "principal", "", "only calls of whoever has this `NAME`: a subject, an account that logs in, the id of an API key, or issuer and subject as in \"https://id.example.com|alice\". It wants record: {pseudonyms: {}} in gatehouse.yaml")
	f.StringVar(&e.address, "address", "", "only calls from this `NETWORK` or address; events know /24 of IPv4 and /48 of IPv6, or a hash of the address")
	f.IntVar(&e.limit, "limit", 0, "at most the newest `N` events (default 100 as a table, 10 before --follow, all with --json; 0 for all)")
	f.StringVar(&e.countBy, "count-by", "", "count them instead, by this `FIELD`: "+fieldWords())
	f.BoolVar(&e.follow, "follow", false, "go on with events that come, until interrupted")
	f.BoolVar(&e.json, "json", false, "print the lines that the gate wrote, or counts as JSON")
	f.BoolVar(&e.ocsf, "ocsf", false, "print events in the schema of OCSF, as lines of JSON")
	f.StringVar(&e.config, "config", usual, "`FILE` that says where events are and opens them, a gatehouse.yaml")
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "verdict" {
			name = "outcome"
		}
		return pflag.NormalizedName(name)
	})
}

func fieldWords() string {
	var list []string
	for _, f := range archive.Fields {
		list = append(list, string(f))
	}
	return strings.Join(list, ", ")
}

func (e *eventSearcher) run(cmd *cobra.Command, args []string) error {
	if err := e.read(cmd.Flags(), time.Now()); err != nil {
		return err
	}
	if err := e.names(cmd.Context(), cmd.Flags().Changed("config") || len(args) == 0 || e.principal != ""); err != nil {
		return err
	}
	from, err := e.source(cmd.Context(), args, cmd.Flags().Changed("config"))
	if err != nil {
		return err
	}
	switch {
	case e.follow:
		ctx, _, stop := interrupts(cmd.Context())
		defer stop()
		return e.following(ctx, from)
	case e.countBy != "":
		return e.count(cmd.Context(), from)
	}
	return e.search(cmd.Context(), from)
}

// read reads what flags say.
func (e *eventSearcher) read(f *pflag.FlagSet, now time.Time) (err error) {
	if e.query.Since, err = eventTime("since", e.since, now); err != nil {
		return err
	}
	if e.query.Until, err = eventTime("until", e.until, now); err != nil {
		return err
	}
	if !e.query.Since.IsZero() && !e.query.Until.IsZero() && !e.query.Since.Before(e.query.Until) {
		return &usageError{"--since is not before --until", ""}
	}
	if e.caller != "" {
		if !isHash(e.caller, 16) {
			return &usageError{"--caller: is no hash of a caller", "events have it as caller: 16 or 32 digits from 0 to f"}
		}
		if e.principal != "" {
			return &usageError{"--caller and --principal do not go together", "a principal is a caller by name"}
		}
		e.query.Callers = []string{strings.ToLower(e.caller)}
	}
	if isHash(e.address, 12) {
		e.query.Addresses = []string{strings.ToLower(e.address)}
	} else if e.address != "" {
		if e.query.Network, err = networkOf(e.address); err != nil {
			return err
		}
	}
	if e.query.ID != "" {
		e.query.ID = strings.ToLower(e.query.ID)
		if _, ok := archive.ParseID(e.query.ID); !ok {
			return &usageError{"--id: is no id of an event", "ids have 26 letters and digits, as in the problem that the client was sent"}
		}
	}
	if e.limit < 0 {
		return &usageError{"--limit: must not be negative", "0 shows all"}
	}
	return e.words(f)
}

// isHash reports whether a text is a pseudonym, or so many of its first digits.
func isHash(text string, digits int) bool {
	return (len(text) == 32 || len(text) == digits) && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

// names finds the hashes that stand for names of people and addresses. Asks says
// that a gatehouse.yaml is to be asked for addresses, if there is one.
func (e *eventSearcher) names(ctx context.Context, asks bool) error {
	address := e.query.Network.IsValid() && e.query.Network.IsSingleIP()
	if e.principal == "" && !address {
		return nil
	}
	var names *serve.Names
	if _, err := os.Stat(e.config); asks && err == nil {
		if names, err = serve.SeeNames(ctx, e.config); err != nil {
			return err
		}
	}
	if e.principal != "" {
		if names == nil {
			return &usageError{"--principal: events do not say who calls where no pseudonyms are configured", "say --config with a gatehouse.yaml that has record: {pseudonyms: {}}"}
		}
		e.query.Callers = names.Callers(e.principal)
	}
	if address && names != nil {
		e.query.Addresses = names.Addresses(e.query.Network.Addr().String())
	}
	return nil
}

// words holds words of flags to those that there are.
func (e *eventSearcher) words(f *pflag.FlagSet) error {
	if e.query.Code != "" {
		var known []string
		for c := range gate.Codes {
			known = append(known, c.String())
		}
		if !slices.Contains(known, e.query.Code) {
			return &usageError{fmt.Sprintf("--code: there is no refusal %q", e.query.Code), source.DidYouMean("docs/refusals.md lists them", e.query.Code, known...)}
		}
	}
	outcomes := []string{gate.Refused.String(), gate.Passed.String(), gate.Replied.String(), gate.Failed.String(), gate.Aborted.String(), "lost", "change", "alert"}
	if e.query.Outcome != "" && !slices.Contains(outcomes, e.query.Outcome) {
		return &usageError{fmt.Sprintf("--outcome: no call ends as %q", e.query.Outcome), source.DidYouMean("it is one of "+strings.Join(outcomes, ", "), e.query.Outcome, outcomes...)}
	}
	if by := archive.Field(e.countBy); e.countBy != "" {
		switch {
		case !slices.Contains(archive.Fields, by):
			return &usageError{fmt.Sprintf("--count-by: events are not counted by %q", e.countBy), source.DidYouMean("it is one of "+fieldWords(), e.countBy, strings.Split(fieldWords(), ", ")...)}
		case e.ocsf:
			return &usageError{"--count-by and --ocsf do not go together", "counts are no events"}
		case e.follow:
			return &usageError{"--count-by and --follow do not go together", "counts are of what there is"}
		}
	}
	if !f.Changed("limit") && e.countBy == "" {
		switch {
		case e.follow:
			e.limit = 10
		case !e.json && !e.ocsf:
			e.limit = 100
		}
	}
	return nil
}

// eventTime reads the time that a flag says.
func eventTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, ok := config.ParseDuration(text); ok {
		return now.Add(-ago), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &usageError{fmt.Sprintf("--%s: %q is no time", flag, text), "write 2031-02-03T04:05:06Z, 2031-02-03 (UTC), or how long ago: 30m, 2h, 7d"}
}

// networkOf reads a network or an address.
func networkOf(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, &usageError{fmt.Sprintf("--address: %q is no network", text), "write 203.0.113.0/24, 2001:db8::/48, or an address"}
	}
	return p, nil
}

// eventSource is where events are.
type eventSource interface {
	Search(ctx context.Context, q archive.Query, limit int, each func(line []byte) error) (*archive.Found, error)
	Count(ctx context.Context, q archive.Query, by archive.Field) (map[string]int, *archive.Found, error)
	Follow(ctx context.Context, pause time.Duration, ready func() error, each func(line []byte) error) error
}

var (
	_ eventSource = archive.Shelf{}
	_ eventSource = archive.File{}
)
