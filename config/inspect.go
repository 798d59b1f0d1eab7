package config

// Inspect is how the text of requests is searched for attacks. An operation's replaces that of its API key by key.
type Inspect struct {
	// Mode says what becomes of a call in which an attack was found: enforce, observe, or off for no search at all; then bodies whose media type has no schema pass as streams. Without it, what mode and modes say.
	Mode InspectMode `key:"mode,example=observe"`
	// Thresholds are the scores from which a text is refused, by what it is for.
	Thresholds Thresholds `key:"thresholds,example={free_text: 80}"`
	// Fields say what single texts are for, or that they are not searched (skip): "query:q", "path:id", "header:X-Name", "cookie:c", "body:/lines/*/note", or as in "Order/note" a property of a schema of the contract.
	Fields map[string]TextField `key:"fields,example={\"body:/comment\": free-text}"`
	// Except are classes of attacks that are not looked for.
	Except []string `key:"except,words=sql|nosql|ldap|xpath|command|code|template|traversal|xss|xml|ssi|crlf|log|mail|prototype|deserialization|redirect,example=[ldap]"`
}

// Thresholds are scores from 1 to 85 from which a text is refused. A lower one refuses more; from 85 on nothing worse is looked for.
type Thresholds struct {
	// Unknown is for texts of which nothing says what they are for.
	Unknown int `key:"unknown,absent=50,min=1,max=85,example=60"`
	// FreeText is for what people write.
	FreeText int `key:"free_text,absent=70,min=1,max=85,example=80"`
	// Name is for names of people, places and things.
	Name int `key:"name,absent=50,min=1,max=85,example=60"`
	// Identifier is for ids, codes and the like.
	Identifier int `key:"identifier,absent=40,min=1,max=85,example=50"`
	// URL is for addresses.
	URL int `key:"url,absent=50,min=1,max=85,example=60"`
	// Filename is for names of files and paths.
	Filename int `key:"filename,absent=45,min=1,max=85,example=60"`
	// Email is for addresses of mail.
	Email int `key:"email,absent=50,min=1,max=85,example=60"`
	// Search is for what people search for.
	Search int `key:"search,absent=60,min=1,max=85,example=70"`
	// Markup is for HTML and Markdown.
	Markup int `key:"markup,absent=70,min=1,max=85,example=80"`
}

// InspectMode says what becomes of a call in which an attack was found.
type InspectMode string

// What becomes of it.
const (
	InspectEnforce InspectMode = "enforce"
	InspectObserve InspectMode = "observe"
	InspectOff     InspectMode = "off" // nobody looks, and bodies without a schema pass as streams
)

// Words returns what may become of a call in which an attack was found.
func (InspectMode) Words() []string {
	return []string{string(InspectEnforce), string(InspectObserve), string(InspectOff)}
}

// TextField is what a text is for.
type TextField string

// What texts are for.
const (
	TextUnknown    TextField = "unknown"
	TextFree       TextField = "free-text"
	TextName       TextField = "name"
	TextIdentifier TextField = "identifier"
	TextURL        TextField = "url"
	TextFilename   TextField = "filename"
	TextEmail      TextField = "email"
	TextSearch     TextField = "search"
	TextMarkup     TextField = "markup"
	TextSkip       TextField = "skip" // it is not searched
)

// Words returns what texts may be for.
func (TextField) Words() []string { return append(textFields(), string(TextSkip)) }

func textFields() []string {
	return []string{string(TextUnknown), string(TextFree), string(TextName), string(TextIdentifier), string(TextURL), string(TextFilename), string(TextEmail), string(TextSearch), string(TextMarkup)}
}

// CoreRules say how the OWASP Core Rule Set is asked. It refuses from an anomaly score of 5, as it comes.
type CoreRules struct {
	// Paranoia is the level up to which its rules are asked: more find more, and refuse more that is harmless.
	Paranoia int `key:"paranoia,default=1,min=1,max=4"`
	// Exclude are the ids of rules that are left out.
	Exclude []int `key:"exclude,min=1,example=[942100]"`
}
