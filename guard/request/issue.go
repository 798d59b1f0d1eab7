package request

import (
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// What can be wrong with what stands around values.
const (
	badCharacter style.Issue = style.Issues + iota
	badSemicolon
	emptyPair
	emptyName
	tooMany
	badPlus
	bothForms
	badCookie
	cookieTwin
	nameTwice
	notText
	badBrackets
	badIndex
	badMultipart
	badPartHead
	badDisposition
	badPartType
)

// issues hold the code for each issue, and the words where package style has
// none. Words go to the client and hold nothing of the request.
var issues = [...]struct {
	code   gate.Code
	detail string
}{
	style.Fine:             {gate.Undecided, ""},
	badCharacter:           {gate.QueryForm, "must hold only characters of RFC 3986 section 3.4; others must be percent-encoded as UTF-8"},
	style.BadEscape:        {gate.QueryForm, ""},
	style.BadUTF8:          {gate.QueryForm, ""},
	style.BadControl:       {gate.QueryForm, ""},
	badSemicolon:           {gate.QueryForm, "a semicolon must be percent-encoded, since some servers read it as a separator"},
	emptyPair:              {gate.QueryForm, "must not hold an empty field between separators"},
	emptyName:              {gate.QueryForm, "must not hold a field without a name"},
	tooMany:                {gate.QueryForm, "holds more fields than are allowed"},
	style.BadMatrix:        {gate.ParameterForm, ""},
	style.BadLabel:         {gate.ParameterForm, ""},
	style.BadObject:        {gate.ParameterForm, ""},
	badPlus:                {gate.ParameterForm, "a plus sign must be percent-encoded here, since it could mean a space or itself"},
	style.EmptyItem:        {gate.ParameterForm, ""},
	style.QuotedItem:       {gate.ParameterForm, ""},
	style.EncodedSeparator: {gate.ParameterForm, ""},
	style.TooManyValues:    {gate.ParameterRepeated, ""},
	bothForms:              {gate.ParameterRepeated, "must not be written as a whole and by its properties at once"},
	style.BadJSON:          {gate.ParameterForm, ""},
	badCookie:              {gate.ParameterForm, "cookies must be written as in RFC 6265 section 4.1.1, without quotation marks"},
	cookieTwin:             {gate.ParameterForm, "no cookie may have a name that some servers read as that of another one: they write underscores for dots and cut at brackets"},
	nameTwice:              {gate.ParameterRepeated, "must not hold a name twice"},
	notText:                {gate.ParameterForm, "must be text in UTF-8"},
	badBrackets:            {gate.ParameterForm, "properties must be named between the brackets"},
	badIndex:               {gate.ParameterForm, "items must all be written with empty brackets, or be numbered from 0 without gaps"},
	badMultipart:           {gate.BodySyntax, "must be parts between delimiter lines as in RFC 2046 section 5.1.1, with nothing before the first, nothing after the last, and the boundary nowhere else"},
	badPartHead:            {gate.BodyPart, "the header of a part must hold only Content-Disposition, Content-Type, a true Content-Length and no transfer encoding, each once"},
	badDisposition:         {gate.BodyPart, "each part must say form-data and its name, and may say a plain file name, without backslashes, paths, another filename* or other parameters"},
	badPartType:            {gate.BodyPart, "the part is of a type that the contract does not take here, or has a file name though it is no file"},
}

// deny refuses x for an issue with the value called name.
func deny(x *gate.Exchange, i style.Issue, in, name string) gate.Verdict {
	code := issues[i].code
	if code == gate.QueryForm && in != "query" {
		code = gate.ParameterForm
	}
	return x.Deny(gate.Refusal{Code: code, In: in, Name: name, Detail: words(i)})
}

// words say what was expected.
func words(i style.Issue) string {
	if i < style.Issues {
		return i.Words()
	}
	return issues[i].detail
}
