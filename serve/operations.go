package serve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/store/keyring"
)

// operations are those that API keys can be bound to: each way to write one,
// with the names by which the gate knows it.
type operations map[string][]string

func (o operations) add(c *contract.Contract) {
	for _, op := range c.Operations {
		name := strings.Clone(op.Name()) // the contract is let go of
		for _, written := range gatehouse.NamesOf(op) {
			if !slices.Contains(o[written], name) {
				o[strings.Clone(written)] = append(o[written], name)
			}
		}
	}
}

// known is what keyring.Ring asks.
func (o operations) known(written string) ([]string, error) {
	if names := o[written]; len(names) > 0 {
		return names, nil
	}
	return nil, &keyring.Mistake{Field: "operations", Text: fmt.Sprintf("%q is no operation of any API", written),
		Hint: source.DidYouMean(`write an operationId of a contract, or as in "GET /orders/{id}"`, written, slices.Sorted(maps.Keys(o))...)}
}

// operations are those of all APIs of a draft, whose contracts are still there.
func (d *draft) operations() operations {
	o := operations{}
	for i := range d.apis {
		if c := d.apis[i].contract; c != nil {
			o.add(c)
		}
	}
	return o
}

// operationsIn reads the contracts of a configuration when they are asked for.
func operationsIn(c *config.Config) func(string) ([]string, error) {
	var o operations
	return func(written string) ([]string, error) {
		if o != nil {
			return o.known(written)
		}
		read := operations{}
		for i := range c.APIs {
			name := string(c.APIs[i].Contract)
			found, problems := openapi.Load(name)
			if found == nil || problems.Err() != nil {
				return nil, &DeskError{Text: fmt.Sprintf("whether there is an operation %q is not known: the contract %s cannot be read", written, c.APIs[i].Contract), Hint: "gatehouse check says what is wrong with it"}
			}
			read.add(found)
			if found.Files != nil {
				found.Files.Close()
			}
		}
		o = read
		return o.known(written)
	}
}
