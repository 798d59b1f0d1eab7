package config

// URLCredentials is what becomes of credentials and sensitive data in URLs, where every log on the way keeps them.
type URLCredentials struct {
	Place
	// Found is what becomes of calls with any: refuse, observe (they pass, and their events say so) or allow (nothing is looked for). Keys that this gate gave out, and tokens where it verifies them, are refused whatever stands here.
	Found URLFound `key:"found,default=refuse"`
	// Allow are names of parameters of the query and the path that are not looked at.
	Allow []string `key:"allow,min=1,example=[invitation]"`
}

// URLFound is what becomes of credentials in URLs.
type URLFound string

// What becomes of them.
const (
	URLRefuse  URLFound = "refuse"
	URLObserve URLFound = "observe"
	URLAllow   URLFound = "allow"
)

// Words returns what may become of them.
func (URLFound) Words() []string {
	return []string{string(URLRefuse), string(URLObserve), string(URLAllow)}
}
