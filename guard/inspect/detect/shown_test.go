package detect

import "testing"

// TestShown holds what a text for people shows apart from what is put into it.
func TestShown(t *testing.T) {
	passes(t, FreeText, []string{
		"```sh\ncurl http://localhost:8080/lamp\n```", "```\nls -la\nuname -a | grep lamp\n```",
		"* `hostname` {string}\n* `callback` {Function}", "### Event: `'timeout'`", "See [`assert`](https://example.com/assert \"the package\") too",
		"| Rule | Go | Java |\n| --- | :---: | :---: |\n| id | yes | no |", "gid   | name\n------+-----\n64001 | mysql",
		"{{% tab %}}", "text\n{{< /tabs >}}\n{{% /expand %}}", "`head`, `link`, `main`, `split`,",
		"const url = require('node:url');", "import('./lamp.js')", "setTimeout(done, 1000);", "console.log(`uid: ${process.getuid()}`);",
		"docker run -v $(pwd):/src builder",
	})
	passes(t, FreeText, []string{
		"git log --oneline | head -5 shows my commits, then I go on", "To free some space I used: du -sh /var/lamp/* | sort -h | tail -5",
		"**Bug**: it fails\n\n```\nPOST /lamps/5 HTTP/1.1\nHost: example.com\n```",
	})
	refuses(t, FreeText, []string{"see the lamp -x | cat /etc/passwd", "it | whoami"}, Command)
	refuses(t, FreeText, []string{"lamp\nPOST /lamps/5 HTTP/1.1\nHost: example.com"}, CRLF)
	refuses(t, FreeText, []string{"```\ncat /etc/passwd\n```", "* `cat /etc/shadow`"}, Command)
	refuses(t, FreeText, []string{"require('child_process').exec('id')"}, Code)
	refuses(t, FreeText, []string{"self[`ale`+`rt`](1)"}, XSS)
}

// TestAlone holds that a fragment which is all that a text says is put in.
func TestAlone(t *testing.T) {
	refuses(t, FreeText, []string{"(cn=*)", "*(|(lamp=*))", "(&(lamp=floor)(cn=b*))"}, LDAP)
	refuses(t, FreeText, []string{"$where: '5 == 5'", "db.lamps.insert({a:1});"}, NoSQL)
	refuses(t, FreeText, []string{"count(/child::lamp)", "//lamp/name/text()"}, XPath)
	refuses(t, FreeText, []string{"@(1+2)", "[=3*3]", "lamp{{5|add:7}}lamp", "{{ lamps.0.light.key }}"}, Template)
	refuses(t, FreeText, []string{"request.__class__", `lamp["__class__"]`}, Code)
	refuses(t, FreeText, []string{"SLEEP(1) /*", "sleep(5)#"}, SQL)
	refuses(t, FreeText, []string{"; netsh lamp set mode disable"}, Command)
	passes(t, FreeText, []string{"sleep(5) # wait for the lamp", "the request.__class__ is a lamp", "{{ lamp.light }}", "lamp{{ light }}lamp"})
	passes(t, FreeText, []string{
		"an LDAP filter such as (cn=*) finds all of them", "in a query of Mongo $where: '5 == 5' is slow and does little",
		"with XPath count(/child::lamp) is the number of nodes", "costs of the room are @(1+2) as the sign says",
	})
}

// TestTold holds that a field of unknown meaning may hold a text of people,
// and that what is no remark is found in it.
func TestTold(t *testing.T) {
	passes(t, Unknown, []string{
		"The checked rule is much the same as the parsed `expr`, but may have other parts.",
		"Surplus lamps can be in either `used` or `free` state, so we count both of them together.",
		"Now that u < (v<<B), we compute the lower parts in the same way as we did before.",
		"Make sure that each sheet has at least 4 marks, since 4 is the length of the longest of all signs ('--- ' and '... ').",
		"Keep it the same as the other one that stands in ../../cmd/internal/lamp/lamp.go for now.",
		"These tests verify that, for a start, lamp.Open(\"file\") and os.Open(\"file\") have the same result.",
		"The value of a lamp's code is not the same between sizes: whether lamp.H1 < lamp.H2 may also change with it.",
		"A picture of it stands in the folder f, or in some/../f if the lamp was made of brass and glass.",
	})
	refuses(t, Unknown, []string{"This is a lamp which I would like to sell to you for little; cat /etc/passwd"}, Command)
	refuses(t, Unknown, []string{"This is a lamp which I would like to sell to you ../../../etc/passwd"}, Traversal)
	refuses(t, Unknown, []string{"This is a lamp which I would like to sell to you <?php system('id'); ?>"}, Code)
	refuses(t, Unknown, []string{"This is a lamp which I would like to sell to you <img src=x onerror=alert(1)>"}, XSS)
	refuses(t, Unknown, []string{"This is a lamp which I would like to sell to you' or '1'='1"}, SQL)
}

// TestHiddenCommands holds ways of a shell to say a command otherwise than by
// its name behind a separator.
func TestHiddenCommands(t *testing.T) {
	attacks := []string{
		"X=$'id';$X", ";LAMP=$'ls -la';$LAMP", "|a=$'whoami';${a}", "z||CMD=$\"uname -a\";$CMD", "LAMP=id;$LAMP",
		"\\nwhoami", "\\nuname -a", "\\n/usr/bin/id\\n", "'\\n/bin/ps -ef\\n'", ";whoami\\n",
		"ping%LampHome:~4,-2%10.0.0.7", "10.0.0.7;expr 5 + 4", "1&expr 7 + 8",
		"; sleep 8 && a=$(echo lamp) && if [ 4 -ne $a ]; then sleep 0; fi", "cat /etc/sh?dow", "cat /etc/gr**p", "/?tc/ho?ts", "q=10.0.0.7 && ls /var",
	}
	refuses(t, Unknown, append(attacks, "who`echo am`i", "i\\fc\\on\\fig"), Command)
	refuses(t, FreeText, attacks, Command)
	for _, field := range []Field{Unknown, FreeText} {
		passes(t, field, []string{
			"\\newcommand{\\lamp}{x}", "\\nabla and \\nu", "C:\\lamps\\id", "LAMPS\\anna", "x = 5; y = $x", "50%:~ish", "a lamp; $5 or so",
			"If the path is /tree and its owner is not known, go to /tree/ by hand.",
		})
	}
	passes(t, FreeText, []string{"$a = 1; $b = 2; $a;", "see /etc/lamp?version=1 for the rest"})
}

// TestArticles holds that what has an article before its name is no table.
func TestArticles(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText, Search} {
		passes(t, field, []string{"Select * from the menu, drop the rest, that's how I order", "select a lamp from the shelf; then pay"})
	}
	refuses(t, Unknown, []string{"select * from lamps", "select * from my_lamps where id=1", "1; select * from the_lamps"}, SQL)
}

// TestSentencesWithMarks holds sentences whose marks are also those of a query.
func TestSentencesWithMarks(t *testing.T) {
	for _, field := range []Field{Unknown, FreeText, Search} {
		passes(t, field, []string{
			"Disable strict mode for the duration of the benchmark (most lamps should not have it turned on)",
			"If all of the roots are consistent the '-e' flag suffices, but otherwise we need to suggest an upgrade.",
			"The lamp has a \"-run\" switch and a \"-m\" switch.",
		})
	}
	refuses(t, Unknown, []string{"1 and benchmark(99,md5(1))", "x'-0-'", "x'+1+'"}, SQL)
}
