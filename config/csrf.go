package config

// CSRF keeps pages of other sites from making calls that change something with the cookies of their visitors.
type CSRF struct {
	Place
	// Check says which calls are held to where they come from, of those with methods other than GET, HEAD, OPTIONS and QUERY: cookies are those that carry a credential in a cookie, as the contract describes it or by cookies; always are all; off is none.
	Check CSRFCheck `key:"check,default=cookies"`
	// Cookies are names of more cookies that are credentials.
	Cookies []string `key:"cookies,min=1,form=token,example=[session]"`
	// WithoutHeaders is what becomes of calls that say nothing of where they come from: programs are let in, and browsers always say it. refuse is for APIs that browsers alone call.
	WithoutHeaders WithoutHeaders `key:"without_headers,default=pass"`
}

// CSRFCheck is which calls are held to where they come from.
type CSRFCheck string

// Which calls.
const (
	CSRFCookies CSRFCheck = "cookies"
	CSRFAlways  CSRFCheck = "always"
	CSRFOff     CSRFCheck = "off"
)

// Words returns which calls may be held.
func (CSRFCheck) Words() []string {
	return []string{string(CSRFCookies), string(CSRFAlways), string(CSRFOff)}
}

// WithoutHeaders is what becomes of calls that say nothing of where they come
// from.
type WithoutHeaders string

// What becomes of them.
const (
	PassSilent   WithoutHeaders = "pass"
	RefuseSilent WithoutHeaders = "refuse"
)

// Words returns what may become of them.
func (WithoutHeaders) Words() []string { return []string{string(PassSilent), string(RefuseSilent)} }
