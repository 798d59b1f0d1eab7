package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Policy is how one API is guarded. The zero Policy is the strict one, and
// serves no contract that asks for credentials.
type Policy struct {
	// Name is what the API is called on events and in challenges; by default its contract's title.
	Name string `key:"name,form=name,example=Pets"`
	// Hosts are the host names under which clients reach the API, exactly and without port. Without any it answers for every host that no other API names.
	Hosts []string `key:"hosts,form=host,example=[api.example.com]"`
	// Prefix is the path under which the API is mounted, before the contract's own base path: /shop.
	Prefix string `key:"prefix,form=prefix,example=/shop"`
	// StripPrefix removes the prefix from the paths that the API sees; it is told the prefix in X-Forwarded-Prefix.
	StripPrefix bool `key:"strip_prefix"`
	// Authentication says who verifies the credentials that the contract asks for. Without it, the gate does, by credentials and schemes, and a contract that asks for one which nobody verifies is not served.
	Authentication Authentication `key:"authentication,example=upstream"`
	// Audience are the names by which tokens may mean this API: each token must have one of them (aud). Without it, those of the credential that verifies the token. APIs that share a credential keep tokens apart by it.
	Audience []string `key:"audience,min=1,form=claim,example=[https://orders.example.com]"`
	// Caller tells the API who calls, as the gate has found out. What clients send in its fields is removed.
	Caller *Caller `key:"caller,example={fields: {subject: X-User}}"`
	// ForwardCredential says what becomes of credentials that the gate has verified.
	ForwardCredential ForwardCredential `key:"forward_credential,absent=keep"`
	// ProtectedResource has the gate say which authorization servers the API trusts (RFC 9728).
	ProtectedResource *ProtectedResource `key:"protected_resource,example={resource: https://api.example.com}"`
	// CORS lets pages of other origins call the API from a browser. Without it the gate leaves the API's own fields alone.
	CORS *CORS `key:"cors"`
	// SecurityHeaders adds fields to answers that keep browsers from misusing them. While the API is only observed, the default is none.
	SecurityHeaders SecurityHeaders `key:"security_headers,absent=api"`
	// HSTS tells browsers to come back over TLS only (RFC 6797). It is sent for the API's hosts, over TLS.
	HSTS *HSTS `key:"hsts"`
	// Patterns replaces regular expressions of the contract that the gate cannot match in linear time: the contract's text to its replacement.
	Patterns map[string]string `key:"patterns,example={'^(?!a)[a-z]+$': '^[b-z][a-z]*$'}"`
	// Roles say which operations the holders of a role may call. Where any are said, an operation that is not public is open to these alone, and one that no role opens is closed.
	Roles map[string]Opening `key:"roles,keys=role,example={clerk: {tags: [orders]}}"`
	// Owners are kinds of objects that belong to somebody, by a name of your own. They add to what the contract says by x-gatehouse-owner.
	Owners map[string]OwnerRule `key:"owners,example={order: {ids: [\"/orders/{id}\", Order/id], creates: [placeOrder]}}"`
	// Fields are the roles that may read and write single properties, by the name of a schema of the contract and the way to the property: User/salary, Order/lines/*/cost. They add to what the contract says by x-gatehouse-read and x-gatehouse-write.
	Fields map[string]FieldRule `key:"fields,example={User/salary: {read: [hr], write: [hr]}}"`
	// CRS adds the OWASP Core Rule Set behind the gate's own search for attacks. It costs about a thousand times as much, and refuses more of what people write.
	CRS *CoreRules `key:"crs,example={paranoia: 1}"`
	// Policies are files of rules in Cedar, or folders with files that end in .cedar. Where there are any, every call that is not public needs a rule that permits it, and no rule that forbids it.
	Policies []File `key:"policies,min=1,example=[orders.cedar]"`
	// Bots finds programs that pretend, by the paths that they ask for and by how they call.
	Bots *Bots `key:"bots,example={honeypots: [/.env, /wp-login.php]}"`
	// Logins say how the operations that have login are protected.
	Logins Logins `key:"logins"`
	// ChallengeKey is a secret that proofs of work are asked for with: all gates of the API have the same, so that each takes what another asked, and what it asked before it started anew. It has at least 32 bytes. Without it, each gate makes a key anew at each start.
	ChallengeKey trust.Secret `key:"challenge_key,example=${file:challenge-key.txt}"`
	Settings     `key:",inline"`
	// Operations are settings of single operations, by operationId or as in "GET /pets/{id}".
	Operations map[string]Operation `key:"operations,example={getPet: {mode: observe}}"`
}

// Settings are what an API and each of its operations may set; the
// operation's win.
type Settings struct {
	// Mode says whether a call that breaks the contract is refused. Credentials are demanded in both modes.
	Mode Mode `key:"mode,absent=enforce"`
	// Modes are the modes of single guards: overload, limit, challenge, bots, authn, authz, request, inspect, crs, policy, caller, answer, owner, fields, login, ssrf, csrf, url_credentials, addresses, graphql, audit. They win over mode.
	Modes map[string]Mode `key:"modes,example={answer: observe}"`
	// Priority is how important calls are where the API or the gate has too much to do. overload says whose calls have another one; without overload nothing is refused for that, and priority means nothing.
	Priority Priority `key:"priority,absent=normal"`
	// Inspect is how the text of requests is searched for attacks: injection of SQL, script, commands, paths and the like.
	Inspect Inspect `key:"inspect"`
	// Undeclared is what happens to what the contract does not name.
	Undeclared Undeclared `key:"undeclared"`
	// ReadOnly is what happens to properties in requests that the contract calls readOnly.
	ReadOnly Treatment `key:"read_only,absent=refuse"`
	// Errors is what becomes of 4xx and 5xx answers that the contract does not describe.
	Errors Errors `key:"errors,absent=problem"`
	// Limits are those of the limits at the top of the file that hold. An operation's stand in place of its API's.
	Limits []string `key:"limits,max=16,form=limit-name,example=[per-client]"`
	// StepUp is how callers must have been authenticated, where the contract asks for a credential. An operation's replaces that of its API.
	StepUp *StepUp `key:"step_up"`
	// Challenge asks clients for a proof of work. An operation's replaces that of its API.
	Challenge *Challenge `key:"challenge,example={when: [login]}"`
	// SSRF holds URLs and hosts in requests to public addresses. Without it they are not judged. An operation's replaces that of its API, but for its fields.
	SSRF *SSRF `key:"ssrf,example={check: typed}"`
	// CSRF keeps pages of other sites from making calls with the cookies of their visitors. Without it, calls that carry a credential which the contract has in a cookie are held to it.
	CSRF *CSRF `key:"csrf,example={cookies: [session]}"`
	// Countries is from which countries calls are taken. An operation's replaces that of its API.
	Countries *Countries `key:"countries,example={allow: [DE, AT, CH]}"`
	// URLCredentials is what becomes of credentials and sensitive data in URLs. Without it, calls with any are refused.
	URLCredentials *URLCredentials `key:"url_credentials,example={allow: [invitation]}"`
	// Audit says how calls are recorded in the ledger of record: none, record (there is room for it before the API is called, and it is on disk within a moment), or durable (on disk before the API is called, and before the client has an answer). Where there is no room, the call is refused. Without it, calls that change something are recorded where there is a ledger.
	Audit Audit `key:"audit,example=durable"`
	// MaxBodyBytes bounds a request's body.
	MaxBodyBytes Bytes `key:"max_body_bytes,default=1MiB,min=1,max=1GiB"`
	// MaxAnswerBytes bounds an answer's body where the gate reads it.
	MaxAnswerBytes Bytes `key:"max_answer_bytes,default=8MiB,min=1,max=256MiB"`
	// ContentEncodings are codings in which request bodies may come: gzip. Such bodies are decoded within max_body_bytes, judged and forwarded decoded; others are refused.
	ContentEncodings []string `key:"content_encodings,words=gzip,example=[gzip]"`
}

// Operation is the settings of one operation. What it leaves out is as the API
// has it.
type Operation struct {
	Place
	Settings `key:",inline,inherit"`
	// Public opens the operation to everybody, whatever the contract asks for.
	Public bool `key:"public"`
	// Roles are those of which a caller must have one, beside what the contract asks for. They stand in place of what the API's roles say of the operation.
	Roles []string `key:"roles,min=1,form=role,example=[clerk]"`
	// Scopes are what a caller must have all of, beside what the contract asks for.
	Scopes []string `key:"scopes,min=1,form=scope,example=[orders:write]"`
	// Slashes are the path parameters that may hold slashes, raw or encoded.
	Slashes []string `key:"slashes,example=[path]"`
	// Weight is how many calls one call of the operation counts as, in limits that count calls.
	Weight int64 `key:"weight,default=1,min=1,max=1000000"`
	// GraphQL says that the operation takes queries in GraphQL.
	GraphQL *GraphQL `key:"graphql,example={schema: schema.graphql}"`
	// Upgrade are protocols that clients may switch to with a GET: websocket. What is said from then on is passed on unread.
	Upgrade []string `key:"upgrade,words=websocket,example=[websocket]"`
	// Login says that the operation is a login whose passwords the API judges: failures are counted, and who guesses is locked out.
	Login *Login `key:"login,example={account: /email, password: /password}"`
}

// FieldRule is who may have a property. An empty list lets nobody.
type FieldRule struct {
	Place
	// Read are the roles of which a caller needs one to be answered with the property; without the key everybody is.
	Read []string `key:"read,form=role,example=[hr]"`
	// Write are the roles of which a caller needs one to send the property; without the key everybody may.
	Write []string `key:"write,form=role,example=[hr]"`
	// OnWrite says whether a request is refused that writes it without a role, or goes on without it.
	OnWrite OnWrite `key:"on_write,default=refuse"`
}

// OnWrite is what becomes of a request that writes what its caller may not.
type OnWrite string

// What becomes of it.
const (
	RefuseWrite OnWrite = "refuse" // it is refused
	DropWrite   OnWrite = "drop"   // the property is taken out
)

// Undeclared is what happens to names that the contract does not know.
type Undeclared struct {
	// Requests is for query fields, form fields and properties of a request.
	Requests Treatment `key:"requests,absent=refuse"`
	// Answers is for properties of an answer.
	Answers Treatment `key:"answers,absent=drop"`
}

// Mode says what a refusal does.
type Mode string

// The modes. The zero Mode is the one of whatever stands above, enforce at last.
const (
	Enforce Mode = "enforce" // a refused call does not pass
	Observe Mode = "observe" // it passes, and its event says what would have been refused
)

// Treatment is what happens to a part that should not be there.
type Treatment string

// The treatments.
const (
	Refuse Treatment = "refuse" // the whole is refused
	Drop   Treatment = "drop"   // the part is removed
	Allow  Treatment = "allow"  // nothing happens
)

// Authentication says who verifies credentials. The zero value is nobody, and
// serves no contract that asks for any.
type Authentication string

// Who verifies credentials.
const (
	ByUpstream Authentication = "upstream" // the API does; the gate demands that they are present
	Public     Authentication = "public"   // nobody: every operation is open to everybody
)

// Errors is what becomes of undeclared errors.
type Errors string

// What becomes of undeclared errors.
const (
	Problem Errors = "problem" // a problem document that keeps the status
	Keep    Errors = "keep"    // they pass, unless they show internals
)

// SecurityHeaders is a set of fields for browsers.
type SecurityHeaders string

// The sets of fields.
const (
	ForAPI     SecurityHeaders = "api"  // for data: nothing of an answer may be run, framed or sniffed
	NoSecurity SecurityHeaders = "none" // only what the API itself sends
)

// Bytes is a size, written as 65536, 64KiB or 1MiB.
type Bytes int64

// CORS is which pages may call the API from a browser (Fetch standard, CORS
// protocol). Fields of CORS that the API itself sends are replaced.
type CORS struct {
	Place
	// Origins are whole origins, as https://app.example.com; "*" is any origin, and then credentials must be false.
	Origins []string `key:"origins,required,min=1,form=origin,example=[https://app.example.com]"`
	// Methods are what pages may use; by default what the contract describes on the path.
	Methods []string `key:"methods,form=method,example=[GET, POST]"`
	// Headers are request fields that pages may set; by default those that the contract describes on any operation, with Authorization and Content-Type.
	Headers []string `key:"headers,form=token,example=[X-Request-Id]"`
	// ExposeHeaders are answer fields that pages may read.
	ExposeHeaders []string `key:"expose_headers,form=token,example=[Location]"`
	// Credentials lets pages send cookies and client certificates.
	Credentials bool `key:"credentials"`
	// MaxAge is how long a browser may remember the answer to a preflight.
	MaxAge time.Duration `key:"max_age,default=10m,min=1s,max=1d"`
}

// HSTS is the Strict-Transport-Security field (RFC 6797 section 6.1).
type HSTS struct {
	Place
	// MaxAge is how long browsers remember it.
	MaxAge time.Duration `key:"max_age,default=365d,min=1s,max=3650d"`
	// IncludeSubdomains extends it to all hosts below.
	IncludeSubdomains bool `key:"include_subdomains"`
	// Preload asks for a place in browsers' lists, which is hard to undo.
	Preload bool `key:"preload"`
}
