package detect

// The reasons of markup, shells, paths and the other grammars of fragments.
const (
	ActiveElement Reason = firstTextReason + iota
	Element
	BreaksElement
	Handler
	ActiveAddress
	ActiveStyle
	ScriptFragment
	BreaksQuote
	RunsCommand
	HiddenCommand
	Substitution
	Redirects
	DefinesFunction
	LeavesPath
	SystemPath
	StreamAddress
	EndsName
	Program
	CallsSystem
	WalksObject
	Lookup
	Expression
	Declares
	Includes
	Directive
	AddsField
	AddsResponse
	MailCommand
	ForgesEntry
	DrivesTerminal
	ReachesPrototype
	SerialObject
	TypeOfProgram
	LeadsElsewhere
	lastTextReason
)

// textReasons are the words of the reasons from firstTextReason on.
var textReasons = [...]string{
	ActiveElement - firstTextReason:    "has an element that runs or loads by itself",
	Element - firstTextReason:          "is markup",
	BreaksElement - firstTextReason:    "closes an element of the page around it",
	Handler - firstTextReason:          "has a handler of events",
	ActiveAddress - firstTextReason:    "has an address that runs script",
	ActiveStyle - firstTextReason:      "has a style that runs or loads",
	ScriptFragment - firstTextReason:   "is a piece of script that acts",
	BreaksQuote - firstTextReason:      "ends a quoted text around it",
	RunsCommand - firstTextReason:      "has a command where a shell runs one",
	HiddenCommand - firstTextReason:    "hides a command from filters",
	Substitution - firstTextReason:     "has a command in a substitution",
	Redirects - firstTextReason:        "connects a shell to the network",
	DefinesFunction - firstTextReason:  "defines a function of a shell",
	LeavesPath - firstTextReason:       "leads out of its directory",
	SystemPath - firstTextReason:       "names a file of the system",
	StreamAddress - firstTextReason:    "has an address of files or streams near the server",
	EndsName - firstTextReason:         "ends a name with a zero byte",
	Program - firstTextReason:          "is a program in a page",
	CallsSystem - firstTextReason:      "calls what reaches the system",
	WalksObject - firstTextReason:      "walks to the inside of an object",
	Lookup - firstTextReason:           "is a lookup that fetches or runs something",
	Expression - firstTextReason:       "is an expression that a template engine computes",
	Declares - firstTextReason:         "declares entities or a document type",
	Includes - firstTextReason:         "includes or transforms by another document",
	Directive - firstTextReason:        "has a directive for the server",
	AddsField - firstTextReason:        "adds a field to a header or message",
	AddsResponse - firstTextReason:     "adds a second request or response",
	MailCommand - firstTextReason:      "adds a command of a mail protocol",
	ForgesEntry - firstTextReason:      "adds an entry to a log",
	DrivesTerminal - firstTextReason:   "drives the terminal that shows it",
	ReachesPrototype - firstTextReason: "reaches the prototype of all objects",
	SerialObject - firstTextReason:     "is a serialized object",
	TypeOfProgram - firstTextReason:    "names a type of the program to make",
	LeadsElsewhere - firstTextReason:   "leads elsewhere than it seems to",
}
