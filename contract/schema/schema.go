// Package schema compiles JSON Schemas into readers that judge JSON text in
// one pass while tokenizing it. The root package, package gate and the guards
// use it, the readers of contracts its words; it imports package source and
// nothing else of ours, and knows nothing of HTTP.
//
// A Schema is immutable and may be used by many goroutines; each brings a
// State of its own. Reading makes no map and, once the State has grown,
// allocates nothing.
//
// # How a document is read
//
// A schema is a graph of nodes with rules for strings, numbers, objects and
// arrays. One recursive descent over the bytes applies them and checks syntax
// on the way. Composites (allOf, anyOf, oneOf, not, if, dependentSchemas) read
// the same bytes again; types, constant properties and required names, found
// when compiling, leave one branch of most unions. What is read again is
// charged to a budget per byte, so that no schema and no document takes more
// than linear time.
//
// # Where meaning was chosen
//
//   - An object whose schema names properties and says nothing of others is
//     closed, also by parts that do not apply to it: then and else,
//     dependentSchemas whose property is absent.
//   - A name that the schema of an object does not know, but for case (Unicode
//     simple folding), is refused whatever the policies and
//     additionalProperties say: readers of JSON disagree whose it is. Names
//     that patternProperties matches, or another part of the schema that
//     accepted the object knows as they are written, are in order.
//   - A number that a double cannot hold is refused wherever it stands, for
//     the same reason. Pure mode is exact and knows neither rule.
//   - nullable: true (OpenAPI 3.0) lets null pass whatever else the schema
//     says: an enumeration or allOf beside it rarely allows null, though its
//     author meant it to. Enumerations without null are warned of.
//   - Bounds that no value satisfies mean what JSON Schema says and are warned
//     of. So are unknown keywords that are near to known ones, and keywords of
//     another dialect; both judge nothing.
//   - discriminator selects the alternative in OpenAPI 3.0. In 3.1 it judges
//     nothing; constants in the alternatives select as well.
//   - Patterns are those of ECMA-262 that can be matched in linear time, and
//     look-aheads at their beginning. Others are problems.
//   - Formats that are not known pass and are warned of, each once.
//   - A reference to a part of an API description that is no schema for certain
//     is a problem: as a schema it would let any value pass. See placeOf.
package schema

import "github.com/gatehouse-api/gatehouse/contract/source"

// Dialect is the language that a schema is written in.
type Dialect uint8

const (
	Draft202012 Dialect = iota // JSON Schema draft 2020-12; also OpenAPI 3.1
	OpenAPI30                  // OpenAPI 3.0.x Schema Object
	Swagger20                  // Swagger 2.0 Schema Object
)

// Direction says which way a document travels (readOnly, writeOnly).
type Direction uint8

const (
	Neither Direction = iota // readOnly and writeOnly have no effect
	Request
	Answer
)

// Policy says what happens to a property that may not be there.
type Policy uint8

const (
	Refuse Policy = iota // the document is refused
	Drop                 // a span tagged TagDrop is emitted and reading goes on
	Allow                // nothing happens
)

// Tag names a class of schema nodes that a guard wants to hear about.
type Tag uint16

// TagDrop marks spans of whole object members (name, colon and value) that
// the State's policies drop. Guards choose other tags.
const TagDrop Tag = 0

// Tags from FirstText to LastText are of strings in requests alone: a node that
// has one emits no span for other values, and none for answers.
const (
	FirstText Tag = 0x5000
	LastText  Tag = 0x6fff // what follows are tags of others

	TagLoose = LastText     // of strings that no schema object describes; see Options.Loose
	TagName  = LastText - 1 // of names of members that none declares
	TagFile  = LastText - 2 // of names of files; no reader of schemas emits it
)

// Span is a place in the document that was read: data[Start:End].
type Span struct {
	Tag        Tag
	Start, End uint32
}

// Options say how schemas are compiled. The zero value is the gate's: formats
// assert, objects that name properties are closed, directions count, and what
// other readers would read in another way is refused.
type Options struct {
	Dialect Dialect
	// Pure is JSON Schema alone: nothing is closed by implication, formats
	// only annotate, directions have no effect, names in other case are other
	// names, numbers have any size, and unknown keywords are of no interest.
	// Duplicate names of objects are still refused. The public suite runs in
	// this mode.
	Pure bool
	// AssertFormats makes formats assert in pure mode as well.
	AssertFormats bool
	// Load returns the document at an absolute URI without fragment, for
	// references that leave the document. nil refuses all of them.
	Load func(uri string) (*source.File, error)
	// Patterns replaces expressions, by their text: what stands in a contract
	// that nobody may change, and cannot be matched in linear time.
	Patterns map[string]string
	// Tags returns the tags of a schema node, nil for none. It is called once
	// for every schema object that is compiled.
	Tags func(n *source.Node) []Tag
	// Loose emits TagLoose and TagName.
	Loose bool
}

// Fault says why a document was refused: where, by which keyword, and what
// was expected. It holds nothing of the document: names of properties that
// the schema does not declare are written as "*".
type Fault struct {
	Pointer string // JSON pointer (RFC 6901) into the document, "" for the whole
	Keyword string // "type", "required", "unevaluatedProperties", "syntax", ...
	Want    string // as in "must be a string of at most 40 characters"
}

// Schema is a compiled schema.
type Schema struct {
	root    *node
	pure    bool
	tagless bool     // its compiler had met no tag
	untold  bool     // nor one that is not of strings in requests alone
	loose   bool     // as Options have it
	reached *reached // by root; nil where it is untold
}

// State is what one reading needs: its policies, its result and its scratch
// memory. It is reused by one reader at a time; its zero value is ready.
type State struct {
	Direction  Direction
	Undeclared Policy // properties that an implicitly closed object does not name
	Misplaced  Policy // readOnly in a request, writeOnly in an answer
	MaxDrops   int    // how many members may be found that the policies drop; 0 is MostDrops of the document

	Spans []Span // the result: tagged spans in order of their end

	scratch
}

// Types is a set of JSON kinds; 1<<source.Number may stand with Integer.
type Types uint16

// Integer is set when numbers must be integers.
const Integer Types = 1 << 15

// Shape is what a reader of untyped text (a query string, a form) must know
// of a schema to write the value as JSON: which kinds it may be and what its
// parts are. References, allOf, anyOf, oneOf, if/then/else are merged.
type Shape struct {
	Types      Types
	Properties []PropertyShape // declared ones, sorted by Name
	Open       bool            // undeclared properties are possible
	Extra      *Shape          // of undeclared properties; nil when unknown
	Items      *Shape          // of array items; nil when unknown
	AnyItems   bool            // nothing is said of items beyond Prefix
	Prefix     []*Shape        // of the first items (prefixItems)
	Binary     bool            // format binary, or contentEncoding/contentMediaType
	Patterns   bool            // patternProperties describe some of the undeclared properties
	XML        *XML            // nil when nothing is said
	XMLClash   bool            // parts or alternatives say different things of XML
}

// PropertyShape is one declared property.
type PropertyShape struct {
	Name      string
	Required  bool
	ReadOnly  bool // in some part
	WriteOnly bool
	*Shape
}
