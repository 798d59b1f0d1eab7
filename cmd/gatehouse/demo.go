package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/demo"
)

func newDemo(w *world) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the gate at work on a sample API, in this process",
		Long: `Starts a sample API, a bookshop of five operations, puts the gate in front of
it, makes good and hostile calls over real connections, and shows what became of
each and why. Then it serves until Ctrl-C, so that you can try calls of your
own. It needs no other program and reaches nothing beyond this machine.

Exit status 1 when any call did not become what it should.`,
		Example: "  gatehouse demo\n  gatehouse demo --once",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, _, stop := interrupts(cmd.Context())
			defer stop()
			return w.demo(ctx, once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the calls")
	return cmd
}

func (w *world) demo(ctx context.Context, once bool) error {
	d, err := demo.Start(w.stderr)
	if err != nil {
		return err
	}
	defer d.Close()
	p := w.paint(w.stdout)
	fmt.Fprintf(w.stdout, `A bookshop's API runs on %s. It believes whatever it is sent.
In front of it, on %s, stands Gatehouse with the shop's
OpenAPI document: five operations, of which two are open to everybody and three
need a token. What the document does not describe must not reach the shop.

`, d.API(), d.URL())
	wrong, err := w.calls(d, p)
	if err != nil {
		return err
	}
	if wrong > 0 {
		w.complain(fmt.Sprintf("%s did not become what it should (marked with !)", plural(wrong, "call")), "")
		return errReported
	}
	if once {
		return nil
	}
	fmt.Fprintf(w.stdout, `
%s Ctrl-C ends it.

  curl -i '%[2]s/books?limit=2'
  curl -i %[2]s/admin
  curl -i %[2]s/orders -H 'Authorization: Bearer me' -H 'Content-Type: application/json' \
       -d '{"isbn":"9780131103627","quantity":0}'
`, p.bold("The gate goes on serving: try calls of your own."), d.URL())
	<-ctx.Done()
	fmt.Fprintln(w.stdout, "\nThe gate is closed.")
	return nil
}

// calls makes every call, prints the table and the sum, and returns how many
// did not become what they should.
func (w *world) calls(d *demo.Demo, p paint) (wrong int, err error) {
	rows := [][]string{{p.bold("CALL"), p.bold("VERDICT"), p.bold("STATUS"), p.bold("CODE"), p.bold("WHY")}}
	passed, refused := 0, 0
	for _, group := range []struct {
		text  string
		calls []demo.Call
	}{{"What the document describes", demo.Good()}, {"What it does not describe", demo.Hostile()}} {
		rows = append(rows, []string{group.text})
		for _, c := range group.calls {
			r, err := d.Send(c)
			if err != nil {
				return 0, err
			}
			mark, verdict := "  ", p.green("passed")
			if r.Refused {
				verdict = p.red("refused")
				refused++
			} else {
				passed++
			}
			if !r.AsMeant {
				mark = p.red("! ")
				wrong++
			}
			rows = append(rows, []string{mark + c.Text, verdict, strconv.Itoa(r.Status), r.Code, r.Why})
		}
	}
	fmt.Fprint(w.stdout, table(rows))
	fmt.Fprintf(w.stdout, "\n%d calls: %d passed, %d refused. The shop saw %d of them.\n", passed+refused, passed, refused, d.Calls())
	return wrong, nil
}
