package gatehouse

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/policy"
)

// RuleFile is a file of rules in Cedar.
type RuleFile = policy.File

// maxRuleFile is more than a file of rules may have, in bytes.
const maxRuleFile = 1<<20 + 1

// ReadRules reads the files and folders that the options of an API name, which
// stand at place. note, which may be nil, hears of each before it is read.
func ReadRules(o *Options, place config.Place, note func(path string)) (list []RuleFile, problems source.Problems) {
	if note == nil {
		note = func(string) {}
	}
	for i, name := range o.Policies {
		at := place.At("policies").Item(i)
		files, err := ruleFiles(string(name), note)
		if err == nil && len(files) == 0 {
			problems = append(problems, at.Problem("name a folder with files that end in .cedar", "the folder %s has no rules", filepath.Base(string(name))))
		}
		for _, path := range files {
			note(path)
			var text []byte
			if text, err = readRules(path); err != nil {
				break
			}
			list = append(list, RuleFile{Name: path, Text: text})
		}
		if err != nil {
			cause := err
			if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
				cause = failed.Err
			}
			problems = append(problems, at.Problem("check the path; it counts from the folder of the configuration", "the rules cannot be read: %v", cause))
		}
	}
	return list, problems
}

// ruleFiles returns the file of that name, or those of a folder in the order of
// their names.
func ruleFiles(name string, note func(string)) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	note(name)
	entries, err := os.ReadDir(name)
	var list []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".cedar") && !e.IsDir() {
			list = append(list, filepath.Join(name, e.Name()))
		}
	}
	return list, err
}

func readRules(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxRuleFile))
}

// openRules reads the rules of the API and holds them to its contract.
func (b *builder) openRules(files []RuleFile) {
	if len(b.options.Policies) == 0 && len(files) == 0 {
		return
	}
	set, problems := policy.NewSet(policy.API{
		Name: b.api.Name, Contract: b.contract, Schemas: b.schemas, Callers: b.people, Roles: sorted(b.callers.Roles), Open: b.openness, Objects: b.objects, Countries: b.countries,
	}, files...)
	b.problem(problems...)
	b.policies = set
}

// openness says who may come to an operation.
func (b *builder) openness(op *contract.Operation) policy.Open {
	own, _ := of(&b.options, op)
	switch {
	case own.Public, b.options.Authentication == config.Public, !b.contract.Secured && len(op.Security) == 0, op.SecurityFrom != contract.SecurityNowhere && len(op.Security) == 0:
		return policy.Everybody
	case b.nobodyKnown():
		return policy.Unknown
	case op.Public():
		return policy.Optional
	}
	return policy.Known
}

// policy holds a call to the rules.
func (b *builder) policy(op *contract.Operation, _ *settled, _ gate.Mode) any {
	if b.policies == nil || b.problems.Err() != nil {
		return nil // what is wrong was said
	}
	guard, problems := b.policies.Guard(op)
	b.problem(problems...)
	if guard == nil {
		return nil
	}
	return guard.Step()
}

// policyUnrouted closes calls that no operation describes where there are
// rules: none can permit them.
func (b *builder) policyUnrouted() any {
	if b.policies == nil {
		return nil
	}
	return policy.Closed{}
}

// RuleSchema writes what the rules of an API can speak of, as Cedar writes
// schemas, whether or not it has rules.
func RuleSchema(who *Callers, a API) (string, source.Problems) {
	b := newBuilder(a, who, peopleOf(who), &gate.Plan{})
	set, problems := policy.NewSet(policy.API{Name: b.api.Name, Contract: b.contract, Schemas: b.schemas, Callers: b.people, Open: b.openness, Objects: b.objects, Countries: b.countries})
	return set.Schema(), problems
}

// AsksCountry returns the names of the operations of an API some of whose rules
// ask from which country a call comes.
func AsksCountry(who *Callers, a API) map[string]bool {
	b := newBuilder(a, who, peopleOf(who), &gate.Plan{})
	b.openRules(a.Rules)
	if b.policies == nil || b.problems.Err() != nil {
		return nil
	}
	asks := make(map[string]bool)
	for _, op := range a.Contract.Operations {
		if g, _ := b.policies.Guard(op); g != nil && g.Asks("country") {
			asks[op.Name()] = true
		}
	}
	return asks
}

// peopleOf are those who call, as rules see them.
func peopleOf(who *Callers) *policy.Callers {
	claims := make(map[string]string, len(who.Claims))
	for name, word := range who.Claims {
		claims[name] = string(word)
	}
	return policy.NewCallers(people(who).More, claims)
}
