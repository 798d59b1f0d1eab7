package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Objects tells rules of the objects that the calls of one operation name. Many
// goroutines use it at once.
type Objects interface {
	// Told are the kinds that the path and the query name.
	Told() []string
	// Kinds are all kinds that are judged at the operation.
	Kinds() []string
	// Owner says whether the caller owns all of a kind that path and query name,
	// and whether somebody is known to own each. An error means that this cannot
	// be found out for now.
	Owner(x *gate.Exchange, kind string) (caller, known bool, err error)
}

// errUnavailable says that what a rule asks for cannot be found out for now.
var errUnavailable = errors.New("whose the objects are that the call names cannot be found out")

// retry is after how many seconds it makes sense to ask again.
const retry = 2

// objectType is what there is to know of objects: which, nobody tells.
var objectType = &typ{kind: record, fields: []field{{"caller", booleanType, false}, {"known", booleanType, false}}}

// ownerType is that of context.owner, nil where a call names no objects.
func (o *operation) ownerType() *typ {
	if len(o.told) == 0 {
		return nil
	}
	t := &typ{kind: record}
	for _, kind := range o.told {
		t.fields = append(t.fields, field{kind, objectType, false})
	}
	return t
}

// facts are the few records that there are of objects.
var facts = func() (all [2][2]types.Record) {
	for caller := range 2 {
		for known := range 2 {
			all[caller][known] = types.NewRecord(types.RecordMap{"caller": types.Boolean(caller == 1), "known": types.Boolean(known == 1)})
		}
	}
	return all
}()

// owners adds whose the objects are that rules ask for.
func (w *scratch) owners(all types.RecordMap, o *operation, reads *need, x *gate.Exchange) error {
	into := w.found
	clear(into)
	for _, kind := range o.told {
		if !reads.has(kind) {
			continue
		}
		caller, known, err := o.objects.Owner(x, kind)
		if err != nil {
			return fmt.Errorf("%w: %v", errUnavailable, err)
		}
		into[types.String(kind)] = facts[bit(caller)][bit(known)]
	}
	all["owner"] = types.NewRecord(into)
	return nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// shareWord is the annotation of a rule that opens objects of the kinds that it
// lists: who is let through by the rule reaches them, whoever owns them.
const shareWord = "shares"

// kindsIn splits what an annotation lists.
func kindsIn(list string) (kinds []string) {
	for kind := range strings.SplitSeq(list, ",") {
		if kind = strings.TrimSpace(kind); kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// wrongShare says why a rule cannot open objects, whatever kinds there are.
func (r *rule) wrongShare(list string) source.Problems {
	at, text, hint := r.find(list, true), "", ""
	switch {
	case len(r.shares) == 0:
		text, hint = "the rule shares nothing", `list kinds of objects, as in @shares("order, invoice")`
	case r.forbid:
		text, hint = "a rule that forbids shares nothing", "write it as a rule that permits"
	case r.reads.has("body"):
		// Objects of the path are judged before there is a body.
		text, hint = "a rule that shares objects cannot ask for the body", "the body comes after the objects of the path were judged: ask for what stands in path, query or credential"
	default:
		return nil
	}
	return source.Problems{r.file.problem(at, hint, text)}
}

// shares finds kinds that no operation has of which a rule can speak.
func (c *checker) shares(r *rule) (problems source.Problems) {
	if len(r.shares) == 0 {
		return nil
	}
	var known []string
	for _, o := range c.order {
		if r.speaksOf(o) && o.objects != nil {
			known = append(known, o.objects.Kinds()...)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, kind := range r.shares {
		if !slices.Contains(known, kind) {
			hint := "no operation of the rule has objects that somebody owns"
			if len(known) > 0 {
				hint = "its operations have " + strings.Join(known, ", ")
			}
			problems = append(problems, r.file.problem(r.find(shareWord, false), source.DidYouMean(hint, kind, known...), fmt.Sprintf("no operation of the rule has objects of the kind %q", kind)))
		}
	}
	return problems
}
