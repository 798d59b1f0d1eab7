package gatehouse

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/graphql"
)

// GraphQL says that an operation takes queries in GraphQL.
type GraphQL = config.GraphQL

// maxGraphQL is more than a schema or a list of queries may have, in bytes.
const maxGraphQL = 8<<20 + 1

// graphql holds queries to their schema.
func (b *builder) graphql(op *contract.Operation, _ *settled, _ gate.Mode) any {
	own, name := of(&b.options, op)
	s := own.GraphQL
	if s == nil {
		b.unheld(op)
		return nil
	}
	at := b.place.At("operations", name).At("graphql")
	o := graphql.Options{MaxDepth: s.MaxDepth, MaxCost: int64(s.MaxCost), MaxAliases: s.MaxAliases, MaxDirectives: s.MaxDirectives, MaxBatch: s.MaxBatch,
		MaxTokens: s.MaxTokens, ListSize: int64(s.ListSize), Introspection: s.Introspection, Roles: s.Fields, Words: &b.plan.Words, Weights: make(map[string]int64)}
	for field, w := range s.Weights {
		o.Weights[field] = int64(w)
	}
	var err error
	if o.Schema, err = readBounded(string(s.Schema)); err != nil {
		b.problem(at.At("schema").Problem("check the path; it counts from the folder of the configuration", "the schema cannot be read: %v", err))
		return nil
	}
	if s.Persisted != "" {
		if o.Persisted, err = readBounded(string(s.Persisted)); err != nil {
			b.problem(at.At("persisted").Problem("check the path; it counts from the folder of the configuration", "the known queries cannot be read: %v", err))
			return nil
		}
	}
	for _, field := range sorted(s.Fields) {
		for _, role := range s.Fields[field] {
			if hint, bad := b.undefined(role); bad {
				b.problem(at.At("fields", field).Problem(hint, "the roles at the top of gatehouse.yaml have no %q", role))
			}
		}
	}
	guard, wrong := graphql.New(o)
	for _, err := range wrong {
		b.problem(at.Problem("hold the settings to the schema of the API", "%v", err))
	}
	if guard == nil {
		return nil
	}
	return guard
}

// unheld warns of what takes queries in GraphQL by its path, and is not said
// to: whatever the schema has is open there, to any depth.
func (b *builder) unheld(op *contract.Operation) {
	last := op.Path[strings.LastIndexByte(op.Path, '/')+1:]
	if !strings.EqualFold(last, "graphql") || len(op.BasePaths) == 0 || op.Method != "POST" && op.Method != "GET" && op.Method != "QUERY" {
		return
	}
	b.problem(source.Warn(op.Node, fmt.Sprintf("say so in gatehouse.yaml, under operations of the API: { %q: { graphql: { schema: schema.graphql } } }", op.Name()),
		"%s looks like GraphQL, and nothing holds its queries to a schema, to bounds or to roles", op.Name()))
}

// readBounded reads a file that is not to be large.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return nil, failed.Err
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxGraphQL))
	if err == nil && len(text) == maxGraphQL {
		return nil, errors.New(filepath.Base(name) + " has more than 8 MiB")
	}
	if text == nil {
		text = []byte{}
	}
	return text, err
}
