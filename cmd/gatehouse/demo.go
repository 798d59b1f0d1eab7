package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/demo"
)

func newDemo(w *world) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the gate at work in front of a weak shop, in this process",
		Long: `Starts the API of a shop that believes whatever it is sent, puts the gate in
front of it, makes good and hostile calls over real connections, and shows what
became of each and why, also of those that the gate does not stop here. Then it
serves until Ctrl-C, so that you can try calls of your own. It needs no other
program and reaches nothing beyond this machine.

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
	fmt.Fprintf(w.stdout, `The API of a shop runs on %s. It believes whatever it is sent.
In front of it, on %s, stands Gatehouse. All it knows is the
shop's OpenAPI document, of %d operations. Mallory, a customer, makes the calls.

`, d.API(), d.URL(), d.Operations())
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

  curl -i '%[2]s/products?limit=2'
  curl -i %[2]s/internal/config
  curl -i %[2]s/login -H 'Content-Type: application/json' \
       -d '{"email":"alice@mail.example","password":"sunshine1"}'
  curl -i %[2]s/orders -H 'Content-Type: application/json' \
       -H 'Authorization: Bearer %[3]s' \
       -d '{"lines":[{"product_id":6,"quantity":1,"unit_price":1}]}'

lab/FLAWS.md has an exploit for every flaw of the shop; they want to know
  SHOP=%[2]s API=%[4]s
`, p.bold("The gate goes on serving: try calls of your own."), d.URL(), d.Token(), d.API())
	<-ctx.Done()
	fmt.Fprintln(w.stdout, "\nThe gate is closed.")
	return nil
}

// calls makes every call, prints the table and the sum, and returns how many
// did not become what they should.
func (w *world) calls(d *demo.Demo, p paint) (wrong int, err error) {
	rows := [][]string{{p.bold("CALL"), p.bold("VERDICT"), p.bold("STATUS"), p.bold("CODE"), p.bold("WHY")}}
	verdicts := verdictsIn(p)
	count := map[demo.Fate]int{}
	for _, group := range d.Groups() {
		rows = append(rows, []string{p.bold(group.Text)})
		for _, c := range group.Calls {
			r, err := d.Send(c)
			if err != nil {
				return 0, err
			}
			count[r.Fate]++
			mark := "  "
			if !r.AsMeant {
				mark = p.red("! ")
				wrong++
			}
			rows = append(rows, []string{mark + c.Text, verdicts[r.Fate], strconv.Itoa(r.Status), r.Code, r.Why})
		}
	}
	fmt.Fprint(w.stdout, table(rows))
	var sums []string
	total := 0
	for _, v := range demo.Fates {
		if n := count[v]; n > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", n, v))
			total += n
		}
	}
	fmt.Fprintf(w.stdout, "\n%d calls: %s. The shop saw %d of them.\n", total, strings.Join(sums, ", "), d.Calls())
	return wrong, nil
}

// verdictsIn returns the words of the table in their colours.
func verdictsIn(p paint) map[demo.Fate]string {
	return map[demo.Fate]string{
		demo.Lost: p.red(demo.Lost.String()), demo.Passed: p.green(demo.Passed.String()),
		demo.Refused: p.green(demo.Refused.String()), demo.Open: p.red("OPEN"),
		demo.Trimmed: p.green(demo.Trimmed.String()), demo.Withheld: p.green(demo.Withheld.String()),
	}
}
