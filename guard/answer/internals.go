package answer

import (
	"bytes"
	"regexp"
	"sync"
)

// shows reports whether a body holds what only those who run the API should
// see: stack traces, paths of files, errors of databases, versions of
// programs. It errs on the side of hiding, since what is lost is the text of
// an error that the contract does not describe. A long one is no message, and
// is not looked through.
func shows(body []byte) bool {
	if len(body) > maxError {
		return true
	}
	for _, sign := range signs {
		if bytes.Contains(body, sign) {
			return true
		}
	}
	return traces().Match(body)
}

// maxError bounds an error that is looked through, in bytes.
const maxError = 64 << 10

// signs are phrases that stand in stack traces and in errors of databases
// alone.
var signs = [][]byte{
	[]byte("Traceback (most recent call last)"), []byte("Exception in thread"), []byte("Caused by: "),
	[]byte("Stack trace:"), []byte("stack traceback:"), []byte("goroutine 1 ["), []byte("panic: runtime error"),
	[]byte("SQLSTATE["), []byte("You have an error in your SQL syntax"), []byte("syntax error at or near"),
	[]byte("Unclosed quotation mark after"), []byte("PG::"), []byte("psycopg2."), []byte("SQLITE_"),
	[]byte("java.lang."), []byte("java.sql."), []byte("org.springframework."), []byte("org.hibernate."),
	[]byte("System.NullReferenceException"), []byte("Microsoft.AspNetCore."), []byte("Werkzeug Debugger"),
	[]byte("ActionController::"), []byte("ActiveRecord::"), []byte("Whoops, looks like something went wrong"),
	[]byte("file:///"),
}

// traces are the forms of lines of stack traces, of paths and of versions. They
// hold for text and for text in JSON, whose line ends and backslashes are
// escaped. The expressions take linear time (RE2). They are
// compiled when an answer is first looked at by them.
var traces = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })

const expression = `` +
	`\.(?:go|py|rb|js|mjs|cjs|ts|java|kt|scala|php|cs|rs|ex|pl|c|cpp|cc):\d+` + // main.go:12
	`|goroutine \d+ \[` + // Go
	`|\bFile \\?"[^"]{1,256}", line \d+` + // Python
	`|\bat [\w.$<>]{3,128}\((?:Native Method|Unknown Source|[\w$]+\.(?:java|kt|scala|groovy))` + // JVM
	`|\bin [^\s"<>]{1,256} on line \d+|\bin [^\s"<>]{1,256}:line \d+` + // PHP, .NET
	`|\bORA-\d{5}\b|\bmysql_\w+\(|\bpg_query\(` + // databases
	`|(?:^|[\s"'(\[=:>` + "`" + `]|\\[nrt])\\?/(?:home|root|usr|var|etc|opt|srv|tmp|proc|mnt|Users|workspace|build|go\\?/src)\\?/[\w.@-]+` + // paths
	`|(?:^|[\s"'(\[=>` + "`" + `]|\\[nrt])\\?/app\\?/[^\s"']{0,256}\.(?:go|py|rb|js|ts|java|php|cs|jar)\b` +
	`|\b[A-Za-z]:\\{1,4}[\w.$ -]+\\` + // C:\inetpub\
	`|\b(?:nginx|Apache|openresty|Tomcat|Jetty|gunicorn|Werkzeug|PHP|IIS|Express|Kestrel|Undertow|WildFly|WebLogic|OpenSSL|Python|Node\.js)/\d+\.\d+` // versions
