package detect

import "testing"

// TestCalledTexts holds calls whose function is a text or a list.
func TestCalledTexts(t *testing.T) {
	refuses(t, Unknown, []string{
		`"system"('id');`, `(system)('id');`, `['system'][0]('id');`, `[system][0](id);`, `('sys'.'tem')('id');`, `(string)"exec"('id');`,
		`(sy.(st).em)(id);`, `"passthru"(id)`, `$a=1;("ex"."ec")('id');`,
	}, Code)
	for _, field := range []Field{Unknown, FreeText} {
		passes(t, field, []string{
			"the (system) (see below) is fine", "(a.b)(c)", "f(x)(y) and g[0](z)", `"lamp"(s)`, "(1.5)(2.5)", "the 'file' (5 MB)", "John (exec) (retired)",
			"['lamp'][0]", "the system(s) of lamps", `"open"(today)`,
		})
	}
}

// TestClassesThatReach holds names of classes of Java that nobody has as a value.
func TestClassesThatReach(t *testing.T) {
	refuses(t, Unknown, []string{"java.lang.Runtime", "java.lang.ProcessBuilder", "org.apache.commons.collections.functors.InvokerTransformer"}, Code)
	for _, field := range []Field{Unknown, FreeText, Name, Identifier, URL} {
		passes(t, field, []string{"java.lang.String", "lamp.runtime.example", "lamps.example.com", "a.b.c", "Runtime", "dotnet-runtime.8"})
	}
	passes(t, FreeText, []string{"java.lang.Runtime", "Does java.lang.ProcessBuilder work on a lamp?"})
}

// TestMoreThatJoins holds other ways in which a value joins what is around it.
func TestMoreThatJoins(t *testing.T) {
	refuses(t, Unknown, []string{"*)!(lamp=*", "lamp)&(cn=admin", "lamp)|(uid=*"}, LDAP)
	refuses(t, Unknown, []string{"lamp'is not-lamp--", "lamp'not like lamp--"}, SQL)
	refuses(t, Unknown, []string{"{,ifconfig}", "{,ifconfig,eth0}", ">/tmp/lamp", ";iwmi -class Lamp -name Light"}, Command)
	refuses(t, Unknown, []string{"ssh2.exec://anna@example.com/usr/bin/lamp"}, Traversal)
	for _, field := range []Field{Unknown, FreeText} {
		passes(t, field, []string{"(x=1)&(y=2)", "(a)|(b)", "{,lamp}", "> quoted", ">5 lamps", "it'is not", "that's not like it--really"})
	}
}
