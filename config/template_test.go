package config_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestTemplateText holds the template to the types.
func TestTemplateText(t *testing.T) { golden(t, "template.txt", config.TemplateText()) }

// anything is an environment in which every reference leads to a value.
var anything = config.Environment{
	Env:  func(string) (string, bool) { return "x", true },
	File: func(string, int) ([]byte, bool, error) { return []byte(strings.Repeat("x", 40)), false, nil },
}

// TestTemplate reads what was written back.
func TestTemplate(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ name, contract, upstream, listen, authentication, want string }{
		{"usual", "openapi.yaml", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"authentication", "../api/openapi.json", "https://api.example", "[::1]:0", "upstream", ""},
		{"public", "openapi.yaml", "http://localhost:9000", ":8080", "public", ""},
		{"blank", "my shop/open api.yaml", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"signs-of-yaml", `a: {b} # "c" 'd' - *e &f !g $upstream`, "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"lines", "a\nlisteners: []\r\n\t\u2028b", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"other-letters", "Verträge/見積.yaml", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"number", "1", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"word", "null", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"folder-up", "..", "http://127.0.0.1:9000", "127.0.0.1:8080", "", ""},
		{"bad-upstream", "a", "x\nb: c", "127.0.0.1:8080", "", "cannot be read"},
		{"bad-listen", "a", "http://127.0.0.1:9000", "*", "", "is not host:port"},
		{"bad-word", "a", "http://127.0.0.1:9000", "127.0.0.1:8080", "x: y", "authentication must be one of"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := config.Template(row.contract, row.upstream, row.listen, config.Authentication(row.authentication))
			c, problems := config.Parse(filepath.Join(folder, "gatehouse.yaml"), text, anything)
			if row.want != "" {
				if len(problems) != 1 || !strings.Contains(problems[0].Text, row.want) {
					t.Errorf("%v, want %s\n%s", problems, row.want, text)
				}
				return
			}
			if c == nil || len(problems) > 0 {
				t.Fatalf("%v\n%s", problems, text)
			}
			api := &c.APIs[0]
			if string(api.Contract) != filepath.Join(folder, row.contract) || api.Upstreams[0].URL != row.upstream ||
				c.Listeners[0].Address != row.listen || string(api.Authentication) != row.authentication {
				t.Errorf("%+v", c)
			}
		})
	}
}

// templateLine is a line with a key: what it is indented by, the sign of a
// comment, the depth below it, the dash of an item and the key.
var templateLine = regexp.MustCompile(`^( *)(#?)((?:  )*)(- )?([a-z0-9_]+):(?: |$)`)

// TestTemplateLines removes "#" from each line of the template, from those
// above it that it belongs to, and from those that its group cannot be without.
func TestTemplateLines(t *testing.T) {
	lines := strings.Split(string(config.Template("openapi.yaml", "https://127.0.0.1:9000", "127.0.0.1:8080", "")), "\n")
	beside := map[string][]string{
		"listeners.tls":                          {"listeners.tls.certificate", "listeners.tls.key"},
		"listeners.tls.acme":                     {"listeners.tls.acme.domains", "listeners.tls.acme.storage"},
		"listeners.tls.certificates":             {"listeners.tls.certificates.certificate", "listeners.tls.certificates.key"},
		"listeners.tls.client_certificates":      {"listeners.tls.client_certificates.hosts", "listeners.tls.client_certificates.authorities"},
		"listeners.tls.client_certificates.ocsp": {"listeners.tls.client_certificates.ocsp.responder"},
		"listeners.authorizer":                   {"listeners.trusted_proxies", "listeners.authorizer.protocol", "listeners.authorizer.apis", "listeners.authorizer.apis.name"},
		"apis.upstreams.certificate":             {"apis.upstreams.key"},
		"apis.upstreams.key":                     {"apis.upstreams.certificate"},
		"apis.cors":                              {"apis.cors.origins"}, "apis.hsts": {"apis.hosts", "apis.hsts.max_age"},
		"apis.health": {"apis.health.path"}, "apis.canary": {"apis.canary.percent"}, "apis.mirror": {"apis.mirror.percent"},
		"apis.outliers": {"apis.outliers.failures"}, "apis.breaker": {"apis.breaker.failures"}, "apis.retries": {"apis.retries.tries"},
		"listeners.proxy_protocol": {"listeners.proxy_protocol.from"}, "apis.undeclared": {"apis.undeclared.answers"}, "grants": {"grants.roles", "grants.credential", "credentials"},
		"apis.schemes": {"credentials"}, "store": {"store.timeout"}, "record.tracing": {"record.tracing.begin"}, "record.otlp": {"record.otlp.url", "record.tracing", "record.tracing.begin"}, "store.sqlite": {"store.sqlite.path"}, "store.postgres": {"store.postgres.url"},
		"apis.step_up": {"apis.step_up.max_age"}, "apis.protected_resource": {"apis.protected_resource.resource"}, "apis.caller": {"apis.caller.fields", "apis.caller.fields.subject"}, "apis.caller.fields": {"apis.caller.fields.subject"},
		"apis.caller.token": {"apis.caller.token.key", "apis.caller.token.audience"}, "locks": {"locks.failures"},
		"overload": {"overload.wait"}, "overload.memory": {"overload.memory.low_percent"}, "overload.credentials": {"credentials"},
		"apis.bots": {"apis.bots.honeypots"}, "apis.challenge": {"apis.challenge.when"}, "apis.logins": {"apis.logins.failures"}, "apis.logins.breached_passwords": {"apis.logins.breached_passwords.file"},
		"admin": {"admin.address", "admin.pepper", "store", "store.timeout"}, "admin.certificate": {"admin.key"}, "admin.key": {"admin.certificate"},
		"apis.limits": {"limits"}, "feeds": {"feeds.name", "feeds.file"}, "geo": {"geo.database"}, "apis.countries": {"apis.countries.allow", "geo", "geo.database"},
		"apis.csrf": {"apis.csrf.check"}, "apis.url_credentials": {"apis.url_credentials.found"}, "apis.ssrf": {"apis.ssrf.check"}, "maintenance": {"maintenance.address"}, "record": {"record.events"}, "record.archive": {"record.archive.path"},
		"record.ledger": {"record.ledger.name", "trust", "trust.keys_file", "trust.key", "trust.key.passphrase"}, "apis.audit": {"record", "record.ledger", "record.ledger.name", "trust", "trust.keys_file", "trust.key", "trust.key.passphrase"},
		"counters": {"counters.addresses", "counters.gates", "counters.pepper"}, "counters.tls": {"counters.tls.server_name"},
		"apis.crs": {"apis.crs.paranoia"}, "apis.inspect": {"apis.inspect.mode"}, "apis.inspect.thresholds": {"apis.inspect.thresholds.free_text"},
	}
	maps.Copy(beside, besideTrust)
	maps.Copy(beside, besideRecord)
	// What needs more than lines of the template: redirect_to_https is false by
	// default, the listener is on a port, there is one upstream, one store, and nginx
	// asks.
	needs := []struct{ key, want string }{
		{"listeners.socket_access", "no meaning where there is no Unix socket"}, {"listeners.https_port", "no meaning without redirect_to_https"},
		{"listeners.proxy_protocol listeners.authorizer", "no meaning where proxies only ask"}, {"listeners.authorizer.path_prefix", "a word of envoy_http"}, {"apis.canary", "has the role canary"}, {"apis.mirror", "has the role mirror"},
		{"store.sqlite store.postgres", "two are described"}, {"feeds.file feeds.url", "read from one place"},
	}
	var keys, comments []string
	at := map[string]int{}
	var open []string // keys by the column that they stand at
	for i, line := range lines {
		m := templateLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		column := len(m[1]) + len(m[3]) + len(m[4])
		open = append(open[:min(len(open), column)], slices.Repeat([]string{""}, max(0, column-len(open)))...)
		open = append(open, m[5])
		key := strings.Join(slices.DeleteFunc(slices.Clone(open), func(s string) bool { return s == "" }), ".")
		keys, at[key] = append(keys, key), i
		if m[2] != "" {
			comments = append(comments, key)
		}
	}
	if want := config.Keys(); !slices.Equal(keys, want) {
		t.Fatalf("the keys are\n%q, want\n%q", keys, want)
	}
	read := func(t *testing.T, keys []string) {
		t.Helper()
		var wants []string
		for _, n := range needs {
			if all := strings.Fields(n.key); !slices.ContainsFunc(all, func(k string) bool { return !slices.Contains(keys, k) }) {
				wants = append(wants, n.want)
			}
		}
		text := slices.Clone(lines)
		for _, key := range keys {
			text[at[key]] = strings.Replace(text[at[key]], "#", "", 1)
		}
		_, problems := config.Parse("gatehouse.yaml", []byte(strings.Join(text, "\n")), anything)
		problems = slices.DeleteFunc(problems, func(p source.Problem) bool { // of keys that come with others
			return p.Severity == source.Warning && slices.ContainsFunc([]string{"means nothing without overload", "here is none", "holds nowhere", "no call is in one"}, func(part string) bool { return strings.Contains(p.Text, part) })
		})
		for i, p := range problems {
			if i >= len(wants) || !strings.Contains(p.Text, wants[i]) {
				t.Errorf("%v is wrong", p)
			}
		}
		if len(problems) < len(wants) {
			t.Errorf("%v, want %q", problems, wants)
		}
	}
	for _, key := range comments {
		t.Run(key, func(t *testing.T) {
			with := map[string]bool{key: true}
			for above := key; above != ""; above = above[:max(0, strings.LastIndex(above, "."))] {
				with[above] = true
				for _, other := range beside[above] {
					with[other] = true
				}
			}
			read(t, without(slices.DeleteFunc(slices.Clone(comments), func(k string) bool { return !with[k] }), key))
		})
	}
	t.Run("all", func(t *testing.T) { read(t, without(comments, "")) })
}
