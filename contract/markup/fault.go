package markup

import (
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// reason is why a document cannot be read; 0 is none.
type reason uint8

const (
	unreadable reason = iota + 1
	tooLarge
	badCharacter
	badMarkup
	badDeclaration
	doctype
	instruction
	badComment
	badName
	longName
	badReference
	badAttribute
	repeatedAttribute
	tooManyAttributes
	badNamespace
	unboundPrefix
	tooManyNamespaces
	badEnd
	mixed
	splitText
	strayText
	tooDeep
	wrongRoot
	steering
	nearName
	foreign
	twice
	apart
	noElements
	undeclaredAttribute
	undeclaredElement
	undeclaredComment
	tooManyDrops
	tooManyStrange
	lost
)

// reasons hold the keyword and the words for each. Words go to the client and
// hold nothing of the document.
var reasons = [...]struct{ keyword, want string }{
	unreadable:          {"schema", "cannot be judged, because its schema cannot be read from XML"},
	tooLarge:            {"size", "must be smaller than 2 GiB"},
	badCharacter:        {"syntax", "must be UTF-8 without a byte order mark, of the characters that XML 1.0 allows"},
	badMarkup:           {"syntax", "must be one well-formed XML element"},
	badDeclaration:      {"syntax", "the XML declaration must say version 1.0 and no other encoding than UTF-8"},
	doctype:             {"syntax", "must not have a document type declaration"},
	instruction:         {"syntax", "must not have processing instructions, nor an XML declaration other than at the very beginning"},
	badComment:          {"syntax", "comments must be well-formed"},
	badName:             {"syntax", "names must be those of Namespaces in XML: one or two parts of letters, digits and the like"},
	longName:            {"syntax", "names must be at most " + strconv.Itoa(maxName) + " bytes, those of namespaces " + strconv.Itoa(maxNamespace)},
	badReference:        {"syntax", "references must be to characters that XML allows, or to lt, gt, amp, apos or quot"},
	badAttribute:        {"syntax", "attributes must be well-formed, without line ends, tabs or \"<\" in their values"},
	repeatedAttribute:   {"syntax", "must not have an attribute twice"},
	tooManyAttributes:   {"syntax", "must have at most " + strconv.Itoa(maxAttributes) + " attributes"},
	badNamespace:        {"syntax", "namespaces must be declared as Namespaces in XML 1.0 asks for, without references and blanks"},
	unboundPrefix:       {"syntax", "prefixes must be declared"},
	tooManyNamespaces:   {"syntax", "must have at most " + strconv.Itoa(maxBindings) + " namespaces declared"},
	badEnd:              {"syntax", "each element must end with its own name"},
	mixed:               {"type", "must not have text beside elements"},
	splitText:           {"syntax", "a text must be in one piece: no comments, and no CDATA section beside other text"},
	strayText:           {"type", "must be elements without text between them"},
	tooDeep:             {"depth", "must not nest deeper than " + strconv.Itoa(maxDepth) + " elements"},
	wrongRoot:           {"type", "must have the root element that the contract names"},
	steering:            {"syntax", "must not tell the reader what to do (xsi:type, xsi:nil, xsi:schemaLocation, xi:include and their kin)"},
	nearName:            {"case", "must write declared names as the contract does, in case, in namespace, and as elements or attributes"},
	foreign:             {"unevaluatedProperties", "has an element or attribute that its schema has no place for"},
	twice:               {"syntax", "must not have an element twice that is no array"},
	apart:               {"syntax", "the items of an array must stand together"},
	noElements:          {"type", "must be text without elements"},
	undeclaredAttribute: {"unevaluatedProperties", "has an attribute that is not declared"},
	undeclaredElement:   {"unevaluatedProperties", "has an element that is not declared"},
	undeclaredComment:   {"unevaluatedProperties", "has a comment, which no contract describes"},
	tooManyDrops:        {"budget", "must be simpler: it has more to cut out than its size allows"},
	tooManyStrange:      {"unevaluatedProperties", "has more than " + strconv.Itoa(maxStrange) + " elements or attributes that are not declared"},
	lost:                {"schema", "holds something to be dropped that has no place of its own"},
}

// fail records why the document is refused and returns -1. The elements that
// are open stay on st.path.
func (st *State) fail(why reason) int {
	if st.reason == 0 {
		st.reason = why
	}
	return -1
}

// step is one open element as a part of the JSON value.
type step struct {
	name  string // of the property; "*" when it is not declared
	named bool   // there is a name
	item  int    // of the array; -1 when there is none
}

// Fault says why the last Read reported false. Its pointer is that of the
// JSON value, in the names of the contract. It allocates.
func (st *State) Fault() schema.Fault {
	if st.reason == 0 {
		f := st.inner.Fault()
		if f.Keyword == "syntax" { // what was written is well-formed but for names that stand twice
			f.Want = reasons[twice].want
		}
		return f
	}
	r := reasons[st.reason]
	return schema.Fault{Pointer: st.pointer(), Keyword: r.keyword, Want: r.want}
}

func (st *State) pointer() string {
	var b strings.Builder
	for _, s := range st.path {
		if s.named {
			b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(s.name, "~", "~0"), "/", "~1"))
		}
		if s.item >= 0 {
			b.WriteString("/" + strconv.Itoa(s.item))
		}
	}
	return b.String()
}
