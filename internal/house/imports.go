package house

import (
	"fmt"
	"slices"
	"strings"
)

// room says what one package may import.
type room struct {
	floor   int      // an import goes to a lower floor only
	ours    []string // packages of this module
	outside []string // packages of other modules
	nethttp bool     // net/http and its relatives
	helper  bool     // of tests: only they import it, and it needs no tests
}

// The floors, from the ground.
const (
	ground   = iota // contract/source: the positioned tree
	grammar         // contract/schema: reads source
	word            // contract: the words
	reading         // contract/openapi, contract/route
	pipeline        // gate
	recorder        // record
	sessions        // wire/session: what engines share
	guards          // guard/*, wire/*: never each other
	settings        // config: the words of gatehouse.yaml; wire/server: engines together
	root            // the one table of guards
	consoles        // console: administration
	assembly        // serve
	command         // cmd
)

// rooms is the plan of the house. A new edge or a new package is a line here,
// which someone reads. docs/architecture.md draws it.
var rooms = map[string]room{
	"contract/source":       {floor: ground, outside: []string{"go.yaml.in/yaml/v4"}},
	"contract/schema":       {floor: grammar, ours: []string{"contract/source"}},
	"contract":              {floor: word, ours: []string{"contract/schema", "contract/source"}},
	"contract/cut":          {floor: word, ours: []string{"contract/schema"}},
	"contract/openapi":      {floor: reading, ours: []string{"contract", "contract/schema", "contract/source"}},
	"contract/markup":       {floor: reading, ours: []string{"contract", "contract/schema", "contract/source"}},
	"contract/route":        {floor: reading, ours: []string{"contract/source"}},
	"gate":                  {floor: pipeline, ours: []string{"contract/cut", "contract/route", "contract/schema", "internal/spare"}},
	"record/metrics":        {floor: recorder, ours: []string{"gate"}, outside: []string{"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/client_golang/prometheus/collectors", "github.com/prometheus/client_model/go", "github.com/prometheus/common/expfmt"}},
	"record/otlp":           {floor: guards, ours: []string{"gate", "record", "trust"}, outside: []string{"github.com/prometheus/client_model/go", "google.golang.org/protobuf/encoding/protowire"}, nethttp: true},
	"record/journal":        {floor: guards, ours: []string{"gate", "ledger", "record"}},
	"record/archive":        {floor: recorder, ours: []string{"internal/flock", "trust/seal"}},
	"record":                {floor: recorder, ours: []string{"gate"}},
	"record/alert":          {floor: guards, ours: []string{"gate", "record/tap", "trust/seal"}},
	"record/tap":            {floor: recorder, ours: []string{"gate"}},
	"ledger/tile":           {floor: ground, outside: []string{"golang.org/x/mod/sumdb/tlog"}},
	"ledger/checkpoint":     {floor: ground, outside: []string{"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"}},
	"ledger/witness":        {floor: guards, ours: []string{"ledger", "ledger/checkpoint", "trust/seal"}, outside: []string{"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"}, nethttp: true},
	"ledger":                {floor: recorder, ours: []string{"internal/flock", "ledger/checkpoint", "ledger/tile", "trust/seal"}, outside: []string{"golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"}},
	"record/pseudonym":      {floor: recorder, ours: []string{"gate", "trust"}},
	"record/ocsf":           {floor: recorder, ours: []string{"gate"}},
	"record/backlog":        {floor: grammar, ours: []string{"internal/flock", "trust/seal"}},
	"record/sink":           {floor: word, ours: []string{"record/backlog", "trust/seal"}},
	"record/sink/file":      {floor: reading, ours: []string{"record/sink"}},
	"record/sink/kafka":     {floor: reading, ours: []string{"record/sink", "trust"}, outside: []string{"github.com/twmb/franz-go/pkg/kerr", "github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/sasl", "github.com/twmb/franz-go/pkg/sasl/plain", "github.com/twmb/franz-go/pkg/sasl/scram"}},
	"record/sink/syslog":    {floor: reading, ours: []string{"record/sink"}},
	"record/sink/webhook":   {floor: reading, ours: []string{"record/sink", "trust"}, nethttp: true},
	"trust":                 {floor: ground},
	"trust/apikey":          {floor: grammar, ours: []string{"trust"}},
	"store/keyring":         {floor: word, ours: []string{"store", "trust", "trust/apikey"}},
	"trust/devca":           {floor: ground},
	"store/counter":         {floor: grammar, ours: []string{"trust"}, outside: []string{"github.com/redis/rueidis"}},
	"store":                 {floor: grammar, ours: []string{"internal/flock", "trust", "trust/seal"}, outside: databases},
	"trust/seal":            {floor: ground, outside: tink},
	"trust/wrap":            {floor: grammar, ours: []string{"trust"}, outside: []string{"golang.org/x/crypto/argon2"}},
	"trust/keys":            {floor: word, ours: []string{"trust", "trust/seal", "trust/wrap"}},
	"trust/internal/ask":    {floor: word, ours: []string{"trust/wrap"}, nethttp: true},
	"trust/vault":           {floor: reading, ours: []string{"trust", "trust/internal/ask", "trust/wrap"}, nethttp: true},
	"trust/aws":             {floor: reading, ours: []string{"trust", "trust/internal/ask", "trust/wrap"}, nethttp: true},
	"trust/gcp":             {floor: reading, ours: []string{"trust", "trust/internal/ask", "trust/wrap"}, nethttp: true},
	"trust/pkcs11":          {floor: word, ours: []string{"trust", "trust/wrap"}},
	"trust/pkcs11/token":    {floor: reading, ours: []string{"trust/pkcs11"}, outside: []string{"github.com/ebitengine/purego"}},
	"cmd/gatehouse-pkcs11":  {floor: command, ours: []string{"trust/pkcs11", "trust/pkcs11/token"}},
	"internal/spare":        {floor: ground},
	"internal/flock":        {floor: ground},
	"internal/chart":        {floor: ground, helper: true},
	"internal/fake":         {floor: word, ours: []string{"trust/wrap"}, nethttp: true, helper: true},
	"trust/jwks":            {floor: grammar, ours: []string{"trust/jose"}, nethttp: true},
	"trust/jose":            {floor: ground, outside: []string{"github.com/go-jose/go-jose/v4", "github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext"}},
	"trust/signals":         {floor: word, ours: []string{"store", "trust/jose"}},
	"trust/revoke":          {floor: ground, outside: []string{"golang.org/x/crypto/ocsp"}, nethttp: true},
	"config":                {floor: settings, ours: []string{"contract/source", "trust"}},
	"guard/internal/cookie": {floor: ground},
	"guard/internal/ownkey": {floor: ground},
	"guard/internal/media":  {floor: ground},
	"guard/internal/style":  {floor: recorder, ours: []string{"contract", "contract/schema", "contract/source", "gate", "guard/internal/media"}},
	"guard/authn":           {floor: guards, ours: []string{"contract", "contract/source", "gate", "guard/internal/cookie", "guard/internal/ownkey"}},
	"guard/authn/replay":    {floor: ground},
	"guard/authn/remember":  {floor: ground},
	"guard/authn/party":     {floor: recorder, ours: []string{"gate", "guard/authn/replay"}},
	"guard/authn/mac":       {floor: guards, ours: []string{"gate", "guard/authn/party", "guard/authn/replay"}},
	"guard/authn/signature": {floor: guards, ours: []string{"gate", "guard/authn/party", "guard/authn/replay", "guard/internal/sfv"},
		outside: []string{"github.com/go-jose/go-jose/v4", "github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext"}},
	"guard/authn/basic":  {floor: guards, ours: []string{"gate", "guard/authn/party", "guard/authn/remember"}, outside: []string{"golang.org/x/crypto/argon2"}},
	"guard/internal/sfv": {floor: ground},
	"guard/authn/introspection": {floor: guards, ours: []string{"gate", "guard/authn/binding", "guard/authn/remember", "trust/jose"},
		outside: []string{"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext"}, nethttp: true},
	"guard/authn/binding": {floor: recorder, ours: []string{"gate", "guard/authn/replay", "guard/internal/percent"},
		outside: []string{"github.com/go-jose/go-jose/v4", "github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext"}},
	"guard/authn/lock":       {floor: guards, ours: []string{"gate", "guard/internal/count"}},
	"guard/bot":              {floor: guards, ours: []string{"gate", "guard/internal/count", "guard/internal/percent"}},
	"guard/challenge":        {floor: guards, ours: []string{"gate", "guard/authn/replay", "guard/internal/cookie", "guard/internal/count"}},
	"guard/internal/count":   {floor: ground},
	"guard/internal/percent": {floor: ground},
	"guard/login": {floor: guards, ours: []string{"contract", "contract/schema", "contract/source", "gate", "guard/internal/count", "guard/internal/media", "guard/internal/reach"},
		outside: []string{"golang.org/x/text/cases", "golang.org/x/text/unicode/norm"}},
	"guard/caller":            {floor: guards, ours: []string{"gate"}},
	"trust/revocation":        {floor: recorder, ours: []string{"gate"}},
	"guard/authn/apikey":      {floor: guards, ours: []string{"gate", "store", "trust/apikey"}},
	"guard/authn/certificate": {floor: guards, ours: []string{"gate", "guard/authn/binding", "guard/authn/party"}},
	"guard/authn/jwt":         {floor: guards, ours: []string{"gate", "guard/authn/binding", "guard/authn/party", "trust/jose"}, outside: []string{"github.com/go-json-experiment/json"}},
	"guard/authz":             {floor: guards, ours: []string{"gate"}},
	"guard/limit":             {floor: guards, ours: []string{"gate"}},
	"guard/policy": {floor: guards, ours: []string{"contract", "contract/schema", "contract/source", "gate", "guard/internal/media", "guard/internal/style", "internal/spare"},
		outside: []string{"github.com/cedar-policy/cedar-go", "github.com/cedar-policy/cedar-go/ast", "github.com/cedar-policy/cedar-go/types", "github.com/cedar-policy/cedar-go/x/exp/ast",
			"github.com/cedar-policy/cedar-go/x/exp/eval", "github.com/cedar-policy/cedar-go/x/exp/schema", "github.com/cedar-policy/cedar-go/x/exp/schema/ast", "github.com/cedar-policy/cedar-go/x/exp/schema/resolved",
			"github.com/cedar-policy/cedar-go/x/exp/schema/validate", "github.com/go-json-experiment/json/jsontext"}},
	"guard/request": {floor: guards, ours: []string{"contract", "contract/cut", "contract/markup", "contract/schema", "contract/source", "gate",
		"guard/internal/cookie", "guard/internal/media", "guard/internal/style", "internal/spare"}},
	"guard/answer": {floor: guards, ours: []string{"contract", "contract/markup", "contract/schema", "contract/source", "gate",
		"contract/cut", "guard/internal/media", "guard/internal/style", "internal/spare"}},
	"guard/crs":            {floor: guards, ours: []string{"gate"}, outside: []string{"github.com/corazawaf/coraza-coreruleset/v4", "github.com/corazawaf/coraza/v3", "github.com/corazawaf/coraza/v3/types"}},
	"guard/inspect":        {floor: guards, ours: []string{"contract", "contract/schema", "contract/source", "gate", "guard/inspect/detect", "guard/internal/cookie", "guard/internal/media", "guard/internal/reach", "internal/spare"}},
	"guard/internal/reach": {floor: reading, ours: []string{"contract", "contract/source"}},
	"guard/owner":          {floor: guards, ours: []string{"contract", "contract/cut", "contract/schema", "contract/source", "gate", "guard/internal/media", "guard/internal/reach", "guard/internal/style", "internal/spare"}},
	"guard/fields":         {floor: guards, ours: []string{"contract", "contract/cut", "contract/schema", "contract/source", "gate", "guard/internal/media", "guard/internal/reach", "internal/spare"}},
	"guard/ssrf": {floor: guards, ours: []string{"contract", "contract/schema", "contract/source", "gate", "guard/internal/cookie", "guard/internal/percent", "guard/internal/reach", "guard/internal/style", "internal/spare"},
		outside: []string{"golang.org/x/net/idna"}},
	"guard/urlsecret":         {floor: guards, ours: []string{"contract", "contract/source", "gate", "guard/internal/ownkey", "guard/internal/style", "internal/spare"}},
	"guard/overload":          {floor: guards, ours: []string{"gate"}},
	"guard/feed":              {floor: guards, ours: []string{"gate"}, outside: []string{"github.com/oschwald/maxminddb-golang/v2"}, nethttp: true},
	"guard/graphql":           {floor: guards, ours: []string{"gate"}, outside: []string{"github.com/go-json-experiment/json/jsontext", "github.com/vektah/gqlparser/v2", "github.com/vektah/gqlparser/v2/ast", "github.com/vektah/gqlparser/v2/parser", "github.com/vektah/gqlparser/v2/validator", "github.com/vektah/gqlparser/v2/validator/rules"}},
	"guard/audit":             {floor: guards, ours: []string{"gate"}},
	"guard/csrf":              {floor: guards, ours: []string{"gate", "guard/internal/cookie"}},
	"guard/origin":            {floor: guards, ours: []string{"contract", "gate"}},
	"guard/inspect/detect":    {floor: grammar, ours: []string{"internal/spare"}},
	"wire":                    {floor: guards},
	"wire/internal/octet":     {floor: ground},
	"wire/internal/ja4":       {floor: recorder, ours: []string{"gate"}},
	"wire/internal/direct":    {floor: ground},
	"wire/internal/under":     {floor: grammar, ours: []string{"wire/internal/direct"}},
	"wire/internal/chunk":     {floor: recorder, ours: []string{"gate", "wire/internal/octet"}},
	"wire/internal/fields":    {floor: recorder, ours: []string{"gate"}, nethttp: true},
	"wire/internal/forwarded": {floor: recorder, ours: []string{"gate", "wire/internal/octet"}},
	"wire/internal/target":    {floor: recorder, ours: []string{"gate"}},
	"wire/h1":                 {floor: guards, ours: []string{"gate", "internal/spare", "wire/internal/chunk", "wire/internal/direct", "wire/internal/octet", "wire/internal/target", "wire/session"}},
	"wire/authorizer": {floor: guards, ours: []string{"gate", "wire/internal/octet", "wire/internal/target", "wire/session"},
		outside: []string{"google.golang.org/protobuf/encoding/protowire"}},
	"wire/server":  {floor: settings, ours: []string{"gate", "wire/h1", "wire/internal/forwarded", "wire/internal/ja4", "wire/internal/under", "wire/session"}},
	"wire/session": {floor: sessions, ours: []string{"gate", "wire/internal/forwarded", "wire/internal/under"}},
	"wire/h2": {floor: guards, ours: []string{"gate", "wire/internal/octet", "wire/session"},
		outside: []string{"golang.org/x/net/http2", "golang.org/x/net/http2/hpack"}},
	"wire/inherit":             {floor: guards},
	"wire/maintenance":         {floor: guards, nethttp: true},
	"wire/std":                 {floor: guards, ours: []string{"gate", "wire/internal/fields", "wire/internal/forwarded", "wire/internal/octet", "wire/internal/target", "wire/session"}, nethttp: true},
	"wire/upstream":            {floor: guards, ours: []string{"gate", "internal/spare", "trust", "wire/internal/chunk", "wire/internal/direct", "wire/internal/fields", "wire/internal/forwarded", "wire/internal/octet"}, nethttp: true},
	"wire/balance":             {floor: guards, ours: []string{"gate"}},
	"wire/edge/acme":           {floor: guards, outside: []string{"github.com/caddyserver/certmagic", "go.uber.org/zap"}},
	"wire/edge":                {floor: guards, ours: []string{"trust/revoke", "wire/internal/proxyproto"}},
	"wire/internal/proxyproto": {floor: ground},
	"wire/internal/leak":       {floor: ground, helper: true},
	"guard/internal/stage":     {floor: consoles, ours: []string{".", "contract/openapi", "contract/source", "gate"}, helper: true},
	"wire/internal/stage":      {floor: guards, ours: []string{"gate", "contract/route", "internal/testdata"}, helper: true},
	".": {floor: root, ours: []string{"config", "contract", "contract/openapi", "contract/route", "contract/schema", "contract/source",
		"guard/audit", "guard/bot", "guard/challenge", "guard/inspect", "guard/limit", "guard/login", "guard/overload", "guard/owner",
		"gate", "guard/answer", "guard/authn", "guard/authz", "guard/caller", "guard/fields", "guard/origin", "guard/policy", "guard/request", "guard/ssrf", "guard/csrf", "guard/feed", "guard/graphql", "guard/urlsecret", "wire/std"}, nethttp: true},
	"serve": {floor: assembly, ours: []string{".", "guard/audit", "ledger", "ledger/checkpoint", "ledger/witness", "record/journal", "config", "console", "contract", "contract/openapi", "contract/source", "gate", "guard/authn/apikey", "guard/authn/certificate", "guard/feed", "record", "record/metrics", "record/otlp", "record/tap",
		"record/alert", "record/ocsf", "record/pseudonym", "record/sink", "record/sink/file", "record/sink/kafka", "record/sink/syslog", "record/sink/webhook",
		"guard/crs", "wire/authorizer", "wire/session",
		"guard/authn/binding", "guard/authn/jwt", "guard/authn/party", "guard/caller", "trust/jose", "trust/jwks",
		"guard/authn/basic", "guard/authn/introspection", "guard/authn/mac", "guard/authn/signature",
		"store", "store/counter", "store/keyring", "guard/bot", "guard/challenge", "guard/limit", "guard/login", "guard/overload", "guard/owner", "guard/ssrf",
		"record/archive", "trust", "trust/apikey", "trust/revocation", "trust/signals", "guard/authn/lock",
		"trust/aws", "trust/gcp", "trust/keys", "trust/pkcs11", "trust/seal", "trust/vault", "trust/wrap",
		"wire/balance", "wire/edge", "wire/edge/acme", "wire/h2", "wire/inherit", "wire/maintenance", "wire/server", "wire/upstream"}},
	"console":            {floor: consoles, ours: []string{".", "store", "store/keyring", "trust", "trust/apikey", "trust/signals"}, nethttp: true},
	"console/remote":     {floor: assembly, ours: []string{"console", "contract/source", "store", "store/keyring", "trust", "trust/apikey"}, nethttp: true},
	"lab":                {floor: root, nethttp: true},
	"probe/sample":       {floor: root, ours: []string{"contract", "contract/schema", "contract/source"}, outside: []string{"github.com/go-json-experiment/json"}},
	"probe/attack":       {floor: consoles, ours: []string{"contract", "probe/sample"}, outside: []string{"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext"}, nethttp: true},
	"examples/shop":      {floor: command, ours: []string{"lab"}, nethttp: true},
	"cmd/gatehouse/demo": {floor: command, ours: []string{"config", "contract/openapi", "contract/source", "gate", "lab", "serve"}, nethttp: true},
	"cmd/gatehouse/selftest": {floor: command, ours: []string{".", "config", "contract", "contract/openapi", "contract/source", "ledger", "probe/sample", "serve", "store", "trust", "trust/apikey", "trust/aws", "trust/gcp", "trust/jose", "trust/keys", "trust/pkcs11", "trust/vault", "trust/wrap"},
		outside: []string{"github.com/go-json-experiment/json", "golang.org/x/crypto/ocsp"}, nethttp: true},
	"cmd/gatehouse/trial": {floor: command, ours: []string{".", "config", "contract", "contract/source", "gate", "guard/owner", "guard/policy", "serve"}},
	"cmd/gatehouse": {floor: command + 1, ours: []string{".", "cmd/gatehouse/demo", "cmd/gatehouse/selftest", "cmd/gatehouse/trial", "guard/inspect/detect", "guard/policy", "config", "contract", "contract/openapi",
		"console/remote", "contract/source", "probe/attack", "serve", "trust/devca",
		"gate", "guard/authn/basic", "ledger", "ledger/checkpoint", "ledger/witness", "record", "record/alert", "record/archive", "record/ocsf", "store", "store/keyring", "trust", "trust/jose", "trust/seal"},
		outside: []string{"github.com/go-json-experiment/json", "github.com/go-json-experiment/json/jsontext", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/mod/sumdb/note"}},
	"e2e":            {floor: command},
	"internal/house": {floor: command},
}

// databases are what the store stands on.
var databases = []string{"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/stdlib",
	"github.com/pressly/goose/v3", "github.com/pressly/goose/v3/lock", "modernc.org/sqlite", "modernc.org/sqlite/lib"}

// tink are the parts of Tink that make rings of AES-GCM keys.
var tink = []string{"github.com/tink-crypto/tink-go/v2/aead", "github.com/tink-crypto/tink-go/v2/aead/aesgcm", "github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset",
	"github.com/tink-crypto/tink-go/v2/keyset", "github.com/tink-crypto/tink-go/v2/tink"}

// testOnly may be imported by tests beyond what their package may import.
var testOnly = []string{
	"go.opentelemetry.io/proto/otlp/common/v1", "go.opentelemetry.io/proto/otlp/logs/v1", "go.opentelemetry.io/proto/otlp/metrics/v1", "go.opentelemetry.io/proto/otlp/trace/v1", "google.golang.org/protobuf/proto", // what receivers read
	"github.com/twmb/franz-go/pkg/kfake", "github.com/twmb/franz-go/pkg/kmsg", // brokers
	"github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/sasl/scram", // another client of theirs

	"github.com/rogpeppe/go-internal/testscript",                              // whole-program tests as text
	"github.com/maxmind/mmdbwriter", "github.com/maxmind/mmdbwriter/mmdbtype", // databases of countries, written by the test
	"github.com/transparency-dev/merkle/proof", "github.com/transparency-dev/merkle/rfc6962", // proofs of the ledger, checked by others
	"github.com/go-jose/go-jose/v4/jwt", // what others make of tokens that the gate signs
}

// httpPackages are net/http and what brings it along.
var httpPackages = []string{"net/http", "net/http/httptest", "net/http/httputil", "net/http/httptrace", "net/http/cookiejar", "net/http/pprof", "net/rpc", "expvar"}

// Imports holds the imports of the module against rooms.
func Imports(files []*file, rooms map[string]room) (complaints []string) {
	for _, f := range files {
		r, ok := rooms[f.folder()]
		if !ok {
			complaints = append(complaints, fmt.Sprintf("%s: package %s is not in the plan of the house (internal/house/imports.go)", f.name, f.folder()))
			continue
		}
		for _, path := range f.imports() {
			if why := refused(f, &r, path, rooms); why != "" {
				complaints = append(complaints, fmt.Sprintf("%s: imports %s, %s", f.name, path, why))
			}
		}
	}
	return complaints
}

// Stale finds what rooms allows and no file uses: rooms without a package, and
// edges that are gone. What is left over would come back unread.
func Stale(files []*file, rooms map[string]room) (complaints []string) {
	used := map[string][]string{}
	for _, f := range files {
		if !f.test() || rooms[f.folder()].helper {
			used[f.folder()] = append(used[f.folder()], f.imports()...)
		} else {
			used[f.folder()] = append(used[f.folder()], "")
		}
	}
	for folder, r := range rooms {
		if used[folder] == nil {
			complaints = append(complaints, folder+" is no package any more (internal/house/imports.go)")
			continue
		}
		for _, edge := range r.ours {
			path := Module + "/" + edge
			if edge == "." {
				path = Module
			}
			if !slices.Contains(used[folder], path) {
				complaints = append(complaints, fmt.Sprintf("%s may import %s and does not (internal/house/imports.go)", folder, edge))
			}
		}
		for _, path := range r.outside {
			if !slices.ContainsFunc(used[folder], func(u string) bool { return u == path || strings.HasPrefix(u, path+"/") }) {
				complaints = append(complaints, fmt.Sprintf("%s may import %s and does not (internal/house/imports.go)", folder, path))
			}
		}
		if r.nethttp && !slices.ContainsFunc(used[folder], func(u string) bool { return slices.Contains(httpPackages, u) }) {
			complaints = append(complaints, folder+" may import net/http and does not (internal/house/imports.go)")
		}
	}
	slices.Sort(complaints)
	return complaints
}

// refused says why f in room r may not import path, or "".
func refused(f *file, r *room, path string, rooms map[string]room) string {
	inside, ours := strings.CutPrefix(path, Module+"/")
	if path == Module {
		inside, ours = ".", true
	}
	switch {
	case f.test():
		return refusedInTest(path, ours)
	case ours && !slices.Contains(r.ours, inside):
		return "which is not in the list of package " + f.folder()
	case ours && rooms[inside].helper && !r.helper:
		return "which is for tests"
	case ours && rooms[inside].floor >= r.floor:
		return "which is not on a lower floor"
	case ours:
		return ""
	case slices.Contains(httpPackages, path):
		if !r.nethttp {
			return "but nothing above wire may depend on net/http: engines come and go"
		}
		return ""
	case standard(path) || slices.Contains(r.outside, path):
		return ""
	}
	return "a module that is not in the list of package " + f.folder()
}

// refusedInTest is for tests: they stand beside the house and may use any
// room and the standard library, but other modules only from the lists.
func refusedInTest(path string, ours bool) string {
	if ours || standard(path) || slices.Contains(testOnly, path) {
		return ""
	}
	for _, r := range rooms {
		if slices.Contains(r.outside, path) {
			return ""
		}
	}
	return "a module that is in no list"
}

// standard reports whether path is of the standard library: its first element
// has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
