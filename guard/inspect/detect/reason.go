package detect

// Reason is one thing that was found, as a word for people.
type Reason uint8

// Reasons are up to four things that were found; the rest is None.
type Reasons [4]Reason

// queryReasons are the words of the reasons of query languages.
var queryReasons = [...]string{
	reasonNone:       "",
	BreaksOut:        "breaks out of a literal",
	Tautology:        "adds a condition that is always true or false",
	UnionSelect:      "appends the rows of another query",
	Stacked:          "begins another statement",
	CommentTail:      "cuts the rest of the query off as a comment",
	SubSelect:        "holds a query of its own",
	OrderProbe:       "probes the number of columns",
	DangerousCall:    "calls a function that delays, reads files or runs commands",
	Concatenation:    "joins pieces to a literal",
	Catalogue:        "names the tables of the database itself",
	Statement:        "is a whole statement",
	HiddenText:       "spells text in codes of characters",
	OperatorKey:      "has an operator as a name",
	QueryScript:      "has script where a query stands",
	FilterBreak:      "closes a filter and opens another",
	FilterWhole:      "is a whole filter",
	PathBreak:        "breaks out into a path of the document",
	PathCall:         "asks for the nodes of the document",
	TooDeep:          "is coded too many times",
	EncodedTwice:     "is coded more than once",
	lastQueryReason_: "",
}

// The reasons of query languages, and of decoding.
const (
	reasonNone Reason = iota
	BreaksOut
	Tautology
	UnionSelect
	Stacked
	CommentTail
	SubSelect
	OrderProbe
	DangerousCall
	Concatenation
	Catalogue
	Statement
	HiddenText
	OperatorKey
	QueryScript
	FilterBreak
	FilterWhole
	PathBreak
	PathCall
	TooDeep
	EncodedTwice
	lastQueryReason_
)

// firstTextReason is where the reasons of markup, shells and the other
// grammars begin (reason_text.go).
const firstTextReason Reason = 100

// String is the reason in words, and empty for none.
func (r Reason) String() string {
	if int(r) < len(queryReasons) {
		return queryReasons[r]
	}
	if i := int(r) - int(firstTextReason); i >= 0 && i < len(textReasons) {
		return textReasons[i]
	}
	return ""
}

// Words returns the reasons in words.
func (r Reasons) Words() []string {
	var words []string
	for _, one := range r {
		if one != reasonNone {
			words = append(words, one.String())
		}
	}
	return words
}

// add puts one more reason into the first free place, once.
func (r *Reasons) add(one Reason) {
	for i := range r {
		if r[i] == one {
			return
		}
		if r[i] == reasonNone {
			r[i] = one
			return
		}
	}
}
