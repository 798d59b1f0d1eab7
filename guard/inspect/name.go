package inspect

import (
	"bytes"
	"strings"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// operators are the words that document databases read as commands where a name
// stands (MongoDB manual, query and aggregation operators). Other names that
// begin with "$" are those of JSON Schema and of OData.
var operators = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq("eq ne gt gte lt lte in nin and or nor not exists type expr mod regex options text where all elemMatch size " +
		"function accumulator lookup merge out set unset inc push pull rename addFields project match group graphLookup unionWith") {
		m[w] = true
	}
	return m
}()

// judgeName judges the name of a member that the contract does not know: as a
// part of a path into an object it may reach what is no data (CWE-1321), and to
// a document database it may be a command (CWE-943).
func (g *Guard) judgeName(name []byte) detect.Verdict {
	var before []byte
	for rest := name; len(rest) > 0; {
		part := rest
		if i := bytes.IndexAny(rest, ".[]"); i >= 0 {
			part, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		switch {
		case len(part) == 0:
			continue
		case string(part) == "__proto__", string(part) == "prototype" && string(before) == "constructor":
			if g.classes.Has(detect.Prototype) {
				return detect.Verdict{Class: detect.Prototype, Score: 95, Reasons: detect.Reasons{detect.ReachesPrototype}}
			}
		case part[0] == '$' && operators[string(part[1:])]:
			if g.classes.Has(detect.NoSQL) {
				return detect.Verdict{Class: detect.NoSQL, Score: 90, Reasons: detect.Reasons{detect.OperatorKey}}
			}
		}
		before = part
	}
	return detect.Verdict{}
}
