// Package contract holds the words of an API's contract: operations,
// parameters, bodies, answers, security. Package openapi fills them from a
// document; every tool of the house reads this one model and keeps no second
// idea of the API. The model is complete and positioned: each part points at
// the node it was read from. It imports the packages source and schema, whose
// words it uses, and knows nothing of documents' versions or of traffic.
package contract

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Contract is one API as its document describes it. It is not changed after
// it was read. Its strings are views of the documents' text: whoever keeps one
// beyond the life of the contract clones it.
type Contract struct {
	Root    *source.Node // the main document
	Files   *source.Set  // every file that was read, for references
	Dialect schema.Dialect
	Spec    string // the specification's version as written: "3.1.0", "2.0"
	Title   string
	Version string // of the API, as info.version says

	Operations []*Operation // in document order
	Schemes    []*Scheme    // components.securitySchemes, in document order
	// Secured is true when any operation or the document states a security
	// requirement.
	Secured bool
}

// Language names the language and the version that the document is written
// in: "OpenAPI 3.1.0", "Swagger 2.0".
func (c *Contract) Language() string {
	if c.Dialect == schema.Swagger20 {
		return "Swagger " + c.Spec
	}
	return "OpenAPI " + c.Spec
}

// Operation is one method on one path.
type Operation struct {
	ID     string // operationId, "" when it has none
	Method string // upper case: "GET"
	Path   string // the template as written: "/pets/{id}"
	// BasePaths are those of the servers in force, without "/" at the end,
	// escapes as written, "" for the root; no repeats. At least one, but none
	// when the path is in error: such an operation is reachable nowhere.
	BasePaths  []string
	Parameters []*Parameter
	Body       *Body // nil when the operation takes none
	Responses  []*Response
	// Security is the requirement in force: the operation's own, else the
	// document's. Entries are alternatives (OR); an empty list and an empty
	// entry mean public.
	Security []Requirement
	// SecurityFrom says where Security was stated.
	SecurityFrom SecurityFrom
	Tags         []string
	Deprecated   bool
	Node         *source.Node
}

// Name is what operators call the operation: its operationId, else
// "METHOD /path".
func (o *Operation) Name() string {
	if o.ID != "" {
		return o.ID
	}
	return o.Method + " " + o.Path
}

// SecurityFrom says which part of a document states an operation's security.
type SecurityFrom uint8

const (
	SecurityNowhere SecurityFrom = iota
	SecurityDocument
	SecurityOperation
)

// Public reports whether the contract says in so many words that the
// operation needs no credential: `security: []` or an entry `{}`.
func (o *Operation) Public() bool {
	if o.SecurityFrom == SecurityNowhere {
		return false
	}
	for _, r := range o.Security {
		if len(r) == 0 {
			return true
		}
	}
	return len(o.Security) == 0
}

// In is where a parameter stands. The zero value is nowhere.
type In uint8

const (
	Nowhere In = iota
	Path
	Query
	Header
	Cookie
)

var inNames = [...]string{"nowhere", "path", "query", "header", "cookie"}

func (i In) String() string { return inNames[i] }

// Style is how a value is written (OpenAPI 3.1.1 section 4.8.12.2). Swagger
// 2.0's collectionFormat values map to Form, SpaceDelimited, PipeDelimited
// and TabDelimited.
type Style uint8

const (
	Simple Style = iota
	Label
	Matrix
	Form
	SpaceDelimited
	PipeDelimited
	TabDelimited // Swagger 2.0 "tsv"
	DeepObject
)

// Parameter is one named value outside of the body. Path-level parameters
// stand in each operation that does not override them. Headers named Accept,
// Content-Type and Authorization are left out, as the specification says.
type Parameter struct {
	Name          string
	In            In
	Style         Style // defaults filled in
	Explode       bool  // defaults filled in
	Required      bool
	AllowReserved bool
	AllowEmpty    bool // allowEmptyValue
	Deprecated    bool
	Schema        *source.Node // nil when Content is set
	Content       *Media       // the one entry of `content`, or nil
	Node          *source.Node
}

// Body is a request body.
type Body struct {
	Required bool
	Media    []*Media // in document order; at least one
	Node     *source.Node
}

// Media is one media type of a body or an answer.
type Media struct {
	// Type is "application/json", "text/*" or "*/*" in lower case; parameters
	// follow as "; name=value", their values as written.
	Type     string
	Schema   *source.Node         // nil when any content will do
	Encoding map[string]*Encoding // by property; forms and multipart only
	Node     *source.Node
}

// Encoding is how one property of a form stands in the body.
type Encoding struct {
	ContentTypes  []string // acceptable media types or ranges; empty for the default
	Style         Style
	Explode       bool
	StyleSet      bool // style, explode or allowReserved was written
	AllowReserved bool
	Headers       []*Parameter
	Node          *source.Node
}

// Response is one declared answer.
type Response struct {
	Status  string // "200", "4XX", "default"
	Headers []*Parameter
	Media   []*Media
	Node    *source.Node
}

// Requirement is one entry of a security list: all of its schemes are needed.
type Requirement []SchemeUse

// SchemeUse is one scheme of a requirement with its scopes or roles.
type SchemeUse struct {
	Scheme *Scheme
	Scopes []string
}

// SchemeType is the kind of a security scheme. The zero value is unknown.
type SchemeType uint8

const (
	UnknownScheme SchemeType = iota
	APIKey
	HTTPAuth
	OAuth2
	OpenIDConnect
	MutualTLS
)

// Scheme is one security scheme.
type Scheme struct {
	Name   string // its key in the document
	Type   SchemeType
	In     In     // APIKey: where
	Param  string // APIKey: the name of the header, query field or cookie
	Auth   string // HTTPAuth: lower case, "bearer", "basic", ...
	Format string // bearerFormat
	URL    string // openIdConnectUrl
	// Broken says that an error was reported of the scheme, or of its use when
	// no scheme was meant: what else fails for it is no news.
	Broken bool
	Node   *source.Node
}
