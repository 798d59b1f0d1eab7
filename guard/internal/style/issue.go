package style

// Issue is why a value cannot be read. The zero Issue is none.
type Issue uint8

// What can be wrong with a value.
const (
	Fine Issue = iota
	BadEscape
	BadUTF8
	BadControl
	BadMatrix
	BadLabel
	BadObject
	EmptyItem
	QuotedItem
	EncodedSeparator
	TooManyValues
	BadJSON
	Issues // how many there are; whoever uses values may count on from here
)

// words go to clients and hold nothing of what was read.
var words = [Issues]string{
	BadEscape:        "each percent sign must be followed by two hexadecimal digits",
	BadUTF8:          "must decode to UTF-8",
	BadControl:       "must not hold control characters other than tab and line ends, encoded or not",
	BadMatrix:        "must be written in matrix style, as in \";name=value\"",
	BadLabel:         "must be written in label style, beginning with a dot",
	BadObject:        "must be written as names and values in turn",
	EmptyItem:        "must not hold an empty item",
	QuotedItem:       "must not hold quotation marks",
	EncodedSeparator: "must not hold an encoded separator, since it could be read as a separator or as part of a value",
	TooManyValues:    "must stand only once",
	BadJSON:          "must be JSON text",
}

// Words says what was expected of a value with an issue of this package.
func (i Issue) Words() string { return words[i] }
