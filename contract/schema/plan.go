package schema

import "github.com/gatehouse-api/gatehouse/contract/source"

// kinds is a set of what a JSON value can be. true and false are kinds of
// their own, so that an enumeration of booleans is a set of kinds.
type kinds uint16

const (
	kNull kinds = 1 << iota
	kTrue
	kFalse
	kNumber  // any number
	kInteger // numbers without a fraction only; has no meaning beside kNumber
	kString
	kArray
	kObject

	kBool    = kTrue | kFalse
	allKinds = kNull | kBool | kNumber | kString | kArray | kObject
)

// node is one schema, compiled. Nodes are immutable once the compiler has
// returned; equal leaves are shared. A nil rule asks nothing.
type node struct {
	types  kinds // kinds that the schema's own keywords allow
	accept kinds // kinds that it can accept with its composites: a superset of what passes
	flags  nodeFlags
	str    *stringRule
	num    *numberRule
	obj    *objectRule
	arr    *arrayRule
	more   *composite
	tags   *tagSet
	xml    *XML // judges nothing
}

type nodeFlags uint16

const (
	readOnly nodeFlags = 1 << iota
	writeOnly
	named       // declares properties and says nothing of others
	closing     // named, here or in a composite part: closes at its location
	allBranches // anyOf goes on after a match, since others may tag
	octets      // of bytes: format binary, contentEncoding, contentMediaType
	settled     // accept is final
	broken      // did not compile: refuses everything
)

// always accepts every value, never none.
var (
	always = &node{types: allKinds, accept: allKinds}
	never  = &node{}
)

// tagSet is what Options.Tags returned, shared between nodes: the tags of
// strings in requests apart from those of all values.
type tagSet struct{ list, texts []Tag }

// stringRule holds the keywords that judge strings.
type stringRule struct {
	min, max int32 // in code points; max -1 is none
	plain    bool  // no value of enum needs an escape in JSON
	enum     []string
	pattern  *pattern
	format   *format
}

// numberRule holds the keywords that judge numbers. Bounds that were said
// twice are folded into the narrower one.
type numberRule struct {
	hasMin, hasMax, overMin, underMax bool // overMin: the minimum is exclusive
	min, max                          bound
	multiple                          *multiple
	enum                              []decimal
	format                            *format
	quick                             quickRange
}

// property is one name that an objectRule knows.
type property struct {
	name  string // decoded
	head  uint64 // how the name begins in JSON text; see namedAt
	node  *node
	flags propertyFlags
}

type propertyFlags uint8

const (
	declared    propertyFlags = 1 << iota // stands in properties; others are only required or the like
	notAsked                              // readOnly
	notAnswered                           // writeOnly
)

// objectRule holds the keywords that judge objects.
type objectRule struct {
	props               []property
	index               []uint16 // hash table over props, 1-based; nil for few
	folded              []uint16 // the same by names without case; nil also when never open
	counts              uint64   // numbers of characters of names; see countBit
	required            []uint64 // bit sets over props, by Direction where they differ
	inRequest, inAnswer []uint64
	closed              bool          // closed by implication when nothing stands around it
	cuttable            bool          // closed, and a member with another name is of interest to nothing else
	special             bool          // some property needs more than its node: flags, patterns, names
	min, max            int32         // number of properties; max -1 is none
	additional          *node         // of names that neither props nor patterns declare; nil is silent
	others              propertyFlags // of what additional judges: notAsked, notAnswered
	rare                *rareObject
}

// rareObject holds what few objects have.
type rareObject struct {
	patterns  []patternProperty
	names     *node // propertyNames
	dependent []dependency
}

type patternProperty struct {
	pattern *pattern
	node    *node
	ways    propertyFlags // notAsked, notAnswered
}

// dependency says that with one property others must come.
type dependency struct {
	name int // index in props
	need []uint64
}

// arrayRule holds the keywords that judge arrays.
type arrayRule struct {
	min, max                 int32 // max -1 is none
	unique                   bool
	prefix                   []*node
	items                    *node // beyond prefix; nil asks nothing and evaluates nothing
	contains                 *node
	minContains, maxContains int32
}

// composite holds what reads the same value again or looks at it whole.
type composite struct {
	all                                     []*node // allOf and $ref
	any                                     *choice
	one                                     *choice
	not                                     *node
	cond                                    *condition
	depends                                 []dependentSchema
	consts                                  []*constant // arrays and objects of const or enum
	hasConsts                               bool
	nullable                                bool // null passes whatever the parts say (OpenAPI 3.0)
	unevaluatedItems, unevaluatedProperties *node
	passes                                  int  // how often the value is read at most
	base                                    bool // the node's own rules must read containers too
}

// choice is anyOf or oneOf.
type choice struct {
	branches []*node
	tag      *tagChoice // decides
	hint     *tagChoice // says what was probably meant (discriminator in OpenAPI 3.1)
	needs    *needs     // rules branches out; nil rules out none
}

// tagChoice finds the only branch that can match by a property's value.
type tagChoice struct {
	name   string
	values []string // sorted
	branch []int32  // of values
}

type condition struct{ when, then, otherwise *node }

type dependentSchema struct {
	name string
	node *node
}

// constant is a JSON value to be equal to.
type constant struct {
	kind   source.Kind
	text   string // String: decoded; Bool: its text
	number decimal
	items  []*constant
	names  []string // sorted, with items
}
