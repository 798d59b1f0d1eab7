package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

func newTokenDecode(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "decode TOKEN",
		Short: "Show what a token says, without verifying it",
		Long: `Shows the header and the claims of a token as one JSON object. Nothing is
verified: anybody can have made it. Times are explained on standard error.`,
		Example: `  gatehouse token decode eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.AAAA
  pbpaste | gatehouse token decode -`,
		Args: oneToken,
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := w.token(args[0])
			if err != nil {
				return err
			}
			return w.decode(raw, time.Now())
		},
	}
}

func (w *world) decode(raw []byte, now time.Time) error {
	header, claims, why := jose.Decode(raw)
	if why != nil {
		return fmt.Errorf("this is no token that can be read: %s", why.Text)
	}
	text := bytes.Join([][]byte{[]byte(`{"header":`), header, []byte(`,"claims":`), claims, []byte(`}`)}, nil)
	pretty, err := jsontext.AppendFormat(nil, text, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, shown(string(pretty)))
	fmt.Fprintln(w.stderr, "gatehouse: nothing was verified; gatehouse token verify does")
	object, err := jose.ReadObject(claims)
	if err != nil {
		return err
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		seconds, ok := object[name].(int64)
		if !ok || seconds < 0 || seconds > 253402300799 {
			continue
		}
		at := time.Unix(seconds, 0).UTC()
		fmt.Fprintf(w.stderr, "  %s is %s, %s\n", name, at.Format(time.RFC3339), fromNow(at.Sub(now)))
	}
	return nil
}

// fromNow says when something is.
func fromNow(d time.Duration) string {
	if d < 0 {
		return (-d).Round(time.Second).String() + " ago"
	}
	return "in " + d.Round(time.Second).String()
}
