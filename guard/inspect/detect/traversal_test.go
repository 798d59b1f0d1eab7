package detect

import (
	"strings"
	"testing"
)

var leavingPaths = []string{
	`../../../etc/passwd`, `..\..\..\windows\win.ini`, `/var/www/../../etc/shadow`, `....//....//etc/passwd`, `..;/..;/manager/html`, `..%2f..%2fetc%2fpasswd`,
	`%2e%2e%2f%2e%2e%2fetc/hosts`, `%252e%252e%252fetc%252fpasswd`, `..%c0%af..%c0%afetc/passwd`, `%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd`, `..%5c..%5cboot.ini`,
	`%uff0e%uff0e%u2215%uff0e%uff0e%u2215etc/passwd`, `0x2e0x2e/0x2e0x2e/etc/passwd`, `../../../../../../windows/system32/drivers/etc/hosts%00.png`,
	`..././..././etc/passwd`, `.../.../.../etc/passwd`, `/%2e%2e/%2e%2e/%2e%2e/etc/issue`, `..%00/..%00/etc/passwd`, `/etc/passwd%00.jpg`, `images/../../../.env`,
	`php://filter/convert.base64-encode/resource=index.php`, `expect://id`, `phar://x.phar/a`, `file:///etc/passwd`, `/etc/passwd`, `/proc/self/environ`, `C:\Windows\win.ini`,
}

var strictPaths = []string{`../secret`, `..\..\x`, `/root/.ssh/id_rsa`, `.git/config`, `.env`, `WEB-INF/web.xml`, `\\host.example\share\x`, `file:/c:/boot.ini`, `gopher://127.0.0.1:6379/_x`,
	`a.php` + "\x00" + `.png`, `/./././etc/x`, `/.../.../x`, `jar:http://example.net/a.jar!/x`}

var pathProse = []string{
	`import x from '../utils'`, `const a = require("../../lib/a");`, `Wait.... what?`, `so...no`, `and/or`, `he/she`, `The file C:\Users\Anna\report.docx does not open.`,
	`On Linux edit /etc/hosts and restart.`, `See https://example.com/a/../b for it`, `1/2 cup of sugar ../ 3`, `I got 404 at /var/www/html today`, `24/7 ... always`, `cd .. and then ls`,
	`Version 1.2.3/4.5`, `www.example.com/path`, `... and more`, `Copy \\server\share\docs to your disk`, `see file: report.pdf`, `data: 5/6`, `ratio 3:4 / 5:6`,
}

func TestPathsThatLeadAwayAreRefused(t *testing.T) {
	for _, f := range []Field{Unknown, FreeText, Name, Identifier, URL, Filename, Email, Search} {
		refuses(t, f, leavingPaths)
	}
	for _, f := range []Field{Unknown, Identifier, Filename} {
		refuses(t, f, strictPaths)
	}
}

func TestPathsOfPeoplePass(t *testing.T) {
	passes(t, FreeText, pathProse)
	passes(t, Unknown, []string{`c/ rosario 192 2-b`, `s/n`, `and/or`, `2026/01/02`, `images/cat.png`, `/users/42`, `https://example.com/etc/terms`, `a...b`, `Wait....`, `so...`, `v1.2.3`, `anna@example.com`, `/products/etc`, `/home/`,
		`C:\Users\Anna\report.docx`, `12:30/14:00`, `application/json`, `image/svg+xml`})
	passes(t, URL, []string{`https://example.com/a/b?c=d`, `/shop/item/5`, `http://example.com:8080/x.y/z#frag`, `mailto:a@example.com`, `ftp://example.com/a`})
	passes(t, Filename, []string{`report.pdf`, `my file (1).docx`, `archive.tar.gz`, `.gitignore`, `foo..bar.txt`, `photo…1.png`})
}

func TestPathsMutated(t *testing.T) {
	var list []string
	for _, dots := range []string{"..", "%2e%2e", ".%2e", "%252e%252e", "%c0%ae%c0%ae", "0x2e0x2e", "．．", `\u002e\u002e`, "&#46;&#46;"} {
		for _, slash := range []string{"/", `\`, "%2f", "%5c", "%252f", "//", "%c0%af", ";/", "/./", "%u2215"} {
			list = append(list, strings.Repeat(dots+slash, 4)+"etc/passwd", "/"+strings.Repeat(dots+slash, 3)+"boot.ini", "a/"+strings.Repeat(dots+slash, 3)+"x.txt")
		}
	}
	refuses(t, Unknown, list)
	refuses(t, Filename, list)
	refuses(t, Identifier, list)
}
