package config

// GraphQL says that an operation takes queries in GraphQL, which are held to a schema and to bounds before the API sees them.
type GraphQL struct {
	Place
	// Schema is a file in the schema definition language, as the API has it.
	Schema File `key:"schema,required,example=schema.graphql"`
	// MaxDepth bounds how deep fields stand in fields.
	MaxDepth int `key:"max_depth,default=10,min=1,max=100"`
	// MaxCost bounds what all queries of a call cost together. A field costs 1, what stands below a list as often as the list may have items.
	MaxCost int `key:"max_cost,default=1000,min=1,max=1000000000"`
	// MaxAliases bounds the aliases of a query.
	MaxAliases int `key:"max_aliases,default=15,min=1,max=10000"`
	// MaxDirectives bounds the directives of a query.
	MaxDirectives int `key:"max_directives,default=20,min=1,max=10000"`
	// MaxBatch bounds the queries of a call.
	MaxBatch int `key:"max_batch,default=1,min=1,max=100"`
	// MaxTokens bounds the words and signs of a query.
	MaxTokens int `key:"max_tokens,default=2000,min=10,max=100000"`
	// ListSize is how many items a list has, for its cost, where no argument such as first or limit says it.
	ListSize int `key:"list_size,default=10,min=1,max=10000"`
	// Introspection lets callers ask for the schema.
	Introspection bool `key:"introspection"`
	// Persisted is a file with the SHA-256 of the only queries that are taken, one a line.
	Persisted File `key:"persisted,example=queries.txt"`
	// Weights are what fields cost that do not cost 1, as Type.field.
	Weights map[string]int `key:"weights,example={Query.search: 50}"`
	// Fields are the roles of which a caller needs one for a field, as Type.field. They hold for interfaces by which the field is reached as well.
	Fields map[string][]string `key:"fields,example={User.salary: [hr]}"`
}
