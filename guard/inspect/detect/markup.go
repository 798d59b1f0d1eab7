package detect

import "bytes"

// Markup is read as a browser does (HTML Living Standard, 13.2.5): a tag, its
// attributes by the states of the tokenizer, then what the values mean. What
// runs is an element that runs by itself, a handler, an address with an active
// scheme, or a style that computes.

var markupWhen = []trigger{{any: cLess}, {any: cEqual, and: cOpen | cTick | cDouble | cSingle | cHash}, {any: cColon, and: cOpen | cSlash | cComma | cSemi}, {any: cPlus, and: cMinus}}

// What an element means.
const (
	active     = 1 << iota // runs what it holds or loads by itself
	loads                  // loads or submits where an attribute says
	structural             // belongs to a page, not to text in it
	plain                  // formats text
)

var elements = func() *words {
	t := vocabulary(active, "script iframe frame object embed applet vmlframe htc portal import", nil)
	vocabulary(loads, "link meta base form isindex layer ilayer bgsound xml frameset style svg math animate set use image video audio source input button", t)
	vocabulary(structural, "html head body title frameset style link meta base form input button select option textarea xml xss svg math noscript template slot marquee dialog keygen isindex layer ilayer comment noframes noembed plaintext xmp listing video audio source track", t)
	return vocabulary(plain, `a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt
		em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main map mark nav ol p picture pre q rp rt ruby s samp section
		small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`, t)
}()

// addresses are the attributes whose value is an address or more markup.
var addresses = vocabulary(loads, `href src action formaction data poster background dynsrc lowsrc code codebase cite longdesc usemap profile classid archive
	icon manifest from to values by content srcset value url ping implementation namespace attributename begin end folder`, nil)

// markup finds markup that runs.
func markup(v *view) {
	b := v.text
	for i := 0; i < len(b) && v.chars&(cLess|cEqual) != 0 && v.best.Score < runs; {
		switch {
		case b[i] == '<':
			i = v.tag(b, i)
		case b[i] == '"' || b[i] == '\'' || b[i] == '`' || i == 0 || is(b[i], blank) || b[i] == '/':
			v.strayHandler(b, i)
			i++
		default:
			i++
		}
	}
	if v.chars&(cColon|cAmp) != 0 {
		v.address(b)
	}
	if v.chars&cOpen != 0 || v.chars&(cColon|cAt) != 0 && v.chars&(cSingle|cDouble) != 0 {
		v.styles(b)
	}
	if v.chars&cBrace != 0 && v.chars&cAmp != 0 || v.chars&cPlus != 0 && v.chars&cMinus != 0 {
		v.oldScript(b)
	}
}

// tag reads what begins at the < at i and gives the place to go on at.
func (v *view) tag(b []byte, i int) int {
	j := i + 1
	closing := peek(b, j) == '/'
	if closing {
		j++
	}
	for j < len(b) && (is(b[j], control) || starts(b, j, "%00")) {
		if b[j] == '%' {
			j += 2
		}
		j++
	}
	if !is(peek(b, j), letter) || linked(b, i) {
		return i + 1
	}
	var name spelling
	for ; j < len(b) && !tagEnd(b[j]); j++ {
		if b[j] == ':' {
			name.n = 0 // a prefix of a namespace
			continue
		}
		if b[j] != 0 {
			name.add(b[j])
		}
	}
	kind := elements.get(name.word())
	if closing {
		v.closing(b, i, kind, string(name.word()) == "script")
		return j
	}
	if string(name.word()) == "script" {
		v.script(b, i, j)
	} else if kind&active != 0 && kind&plain == 0 {
		v.found(XSS, odd, ActiveElement)
	} else if kind&structural != 0 {
		v.found(XSS, min(odd, uint8(52)), Element)
	} else if kind == 0 && name.n > 24 {
		return j
	}
	return v.attributes(b, i, j, kind)
}

// linked says whether < at i begins an address in angle brackets (RFC 8288,
// section 3; RFC 3986, appendix C): it has no blank and no quote up to its >.
func linked(b []byte, i int) bool {
	if !starts(b, i, "<https://") && !starts(b, i, "<http://") {
		return false
	}
	for i++; i < len(b) && !is(b[i], blank|control) && b[i] != '<' && b[i] != '"' && b[i] != '\'' && b[i] != '`'; i++ {
		if b[i] == '>' {
			return true
		}
	}
	return false
}

func tagEnd(c byte) bool {
	return is(c, blank) || c == '/' || c == '>' || c == '<' || c == '=' || c == '"'
}

// closing judges an end tag: it closes an element that a page has put around
// the value, or is harmless.
func (v *view) closing(b []byte, i int, kind uint8, script bool) {
	switch {
	case script && peek(b, i+8) == '>' && i == 0:
		v.found(XSS, grave, BreaksElement)
	case kind&structural != 0 || kind&active != 0:
		v.found(XSS, odd, BreaksElement)
	}
}

// script judges a script element: mentioning the tag is no attack, having
// something to run is.
func (v *view) script(b []byte, i, j int) {
	if v.best.Score >= grave {
		return
	}
	c := peek(b, j)
	words := prose(b)
	switch {
	case c == '<':
		v.found(XSS, grave, ActiveElement)
	case c == '>' && len(b) > j+1 && (seek(b[:min(len(b), j+4*nearby)], j+1, "</script") >= 0 || calls(b[j+1:min(len(b), j+200)])):
		v.found(XSS, runs, ActiveElement)
	case c == '>' && (v.wide() && words >= 3 || v.field == Search && words >= 1):
		v.found(XSS, faint, ActiveElement) // a mention
	default:
		v.found(XSS, grave, ActiveElement)
	}
}

// calls says whether b looks as if it called or set something.
func calls(b []byte) bool {
	for i := range b {
		if (b[i] == '(' || b[i] == '`' || b[i] == '=') && (wordy(peek(b, i-1)) || peek(b, i-1) == ']' || peek(b, i-1) == ')') {
			return true
		}
	}
	return false
}

// attributes reads the attributes from j on and gives the place behind the tag.
func (v *view) attributes(b []byte, open, j int, kind uint8) int {
	any := false
	for j < len(b) {
		for j < len(b) && (is(b[j], blank|control) || b[j] == '/') {
			j++
		}
		if j >= len(b) || b[j] == '<' {
			break
		}
		if b[j] == '>' {
			j++
			break
		}
		var name spelling
		from := j
		for ; j < len(b) && (j == from || b[j] != '=') && b[j] != '>' && b[j] != '/' && b[j] != '<' && !is(b[j], blank); j++ {
			switch {
			case b[j] == ':':
				name.n = 0
			case b[j] != 0 && b[j] != '"' && b[j] != '\'' && b[j] != '`':
				name.add(b[j])
			}
		}
		k := skip(b, j)
		if peek(b, k) != '=' {
			if isHandler(name.word(), true) {
				v.found(XSS, odd, Handler)
			}
			if j == from {
				j++
			}
			continue
		}
		any = true
		value, end := attribute(b, skip(b, k+1))
		v.attribute(name.word(), value, kind)
		j = end
	}
	if any {
		v.tagged(b, open, kind)
	}
	return max(j, open+1)
}

// tagged judges a tag for having attributes at all: no text but markup has it.
func (v *view) tagged(b []byte, open int, kind uint8) {
	switch {
	case kind&active != 0 && !(v.wide() && quoted(b, open)):
		v.found(XSS, grave, ActiveElement)
	case !v.wide():
		v.found(XSS, odd, Element)
	}
}

// attribute is the value that begins at i, and the place behind it. A quote
// that does not close takes the rest as the value and is then read as text.
func attribute(b []byte, i int) (value []byte, end int) {
	q := peek(b, i)
	if q == '"' || q == '\'' || q == '`' {
		for k := i + 1; k < len(b); k++ {
			if b[k] == q {
				return b[i+1 : k], k + 1
			}
		}
		return b[i+1:], i + 1
	}
	k := i
	for k < len(b) && b[k] != '>' && !is(b[k], blank) {
		k++
	}
	return b[i:k], k
}

// attribute judges one attribute of a tag.
func (v *view) attribute(name, value []byte, kind uint8) {
	switch {
	case len(value) == 0:
	case isHandler(name, true):
		v.handler(value)
	case string(name) == "attributename" && starts(value, 0, "on"):
		v.found(XSS, grave, Handler)
	case binding(name) && scripted(value) > 2:
		v.found(XSS, grave, Handler)
	case string(name) == "style":
		if computes(value) || bytes.Count(value, []byte(`\0`)) > 3 {
			v.found(XSS, grave, ActiveStyle)
		}
	case string(name) == "srcdoc":
		v.found(XSS, runs, ActiveElement)
	case string(name) == "http-equiv" && !starts(value, 0, "content-type") && !starts(value, 0, "x-ua"):
		v.found(XSS, grave, ActiveElement)
	case addresses.get(name) != 0 || kind&active != 0:
		if activeAddress(value) {
			v.found(XSS, runs, ActiveAddress)
		}
	}
	if len(value) > 3 && (value[0] == '&' && value[1] == '{') {
		v.found(XSS, grave, ActiveAddress)
	}
	if k := seek(value, 0, "<"); k >= 0 && k < len(value)-2 && (starts(value, k, "<script") || starts(value, k, "<img") || starts(value, k, "<svg") || starts(value, k, "<iframe")) {
		v.found(XSS, grave, ActiveElement)
	}
	if string(name) == "href" && kind&loads != 0 && kind&structural != 0 && kind&plain == 0 {
		v.found(XSS, grave, ActiveElement) // base and link rule a whole page
	}
}

// binding says whether the attribute holds script for a framework.
func binding(name []byte) bool {
	return starts(name, 0, "ng-") || starts(name, 0, "v-") || starts(name, 0, "x-") || starts(name, 0, "hx-") || len(name) > 0 && name[0] == '@'
}

// handler judges the value of an event handler. In code that people show, a
// handler that only names a function runs nothing.
func (v *view) handler(value []byte) {
	if !v.wide() || scripted(value) > 0 {
		v.found(XSS, runs, Handler)
		return
	}
	for _, c := range value {
		if c == '(' || c == '=' || c == '`' {
			if value[0] == '{' {
				v.found(XSS, odd, Handler) // a component, as people write it in JSX
			} else {
				v.found(XSS, grave, Handler)
			}
			return
		}
	}
	v.found(XSS, odd, Handler)
}

// isHandler says whether name is one of an event handler. In a tag each name
// that begins with on is; elsewhere it must be one that browsers know.
func isHandler(name []byte, inTag bool) bool {
	if len(name) < 5 || name[0] != 'o' || name[1] != 'n' {
		return false
	}
	n := 2
	for n < len(name) && (is(name[n], letter) || name[n] == '-') {
		n++
	}
	if inTag {
		return n >= 5
	}
	return n == len(name) && events.get(name[2:n]) != 0
}

var events = vocabulary(1, `abort activate afterprint afterscriptexecute animationcancel animationend animationiteration animationstart auxclick beforeactivate
	beforecopy beforecut beforeinput beforematch beforepaste beforeprint beforescriptexecute beforetoggle beforeunload begin blur bounce cancel canplay canplaythrough
	change click close command contentvisibilityautostatechange contextmenu copy cuechange cut dataavailable datasetchanged datasetcomplete dblclick deactivate drag dragend
	dragenter dragexit dragleave dragover dragstart drop durationchange emptied end ended error errorupdate filterchange finish focus focusin focusout formdata
	fullscreenchange gesturechange gestureend gesturestart gotpointercapture hashchange help input invalid keydown keypress keyup languagechange layoutcomplete load
	loadeddata loadedmetadata loadend loadstart location losecapture lostpointercapture message messageerror mousedown mouseenter mouseleave mousemove mouseout mouseover
	mouseup mousewheel move offline online pagehide pagereveal pageshow pageswap paste pause play playing pointercancel pointerdown pointerenter pointerleave pointermove
	pointerout pointerover pointerrawupdate pointerup popstate progress propertychange ratechange readystatechange rejectionhandled repeat reset resize resizeend
	resizestart rowexit rowinserted scroll scrollend scrollsnapchange scrollsnapchanging search securitypolicyviolation seeked seeking select selectionchange selectstart show slotchange stalled start
	storage submit suspend syncrestored timeerror timeupdate toggle touchcancel touchend touchmove touchstart trackchange transitioncancel transitionend transitionrun
	transitionstart unhandledrejection unload urlflip volumechange waiting webkitanimationend webkitanimationiteration webkitanimationstart webkitfullscreenchange
	webkitmouseforcechanged webkitmouseforcedown webkitmouseforceup webkittransitionend webkitplaybacktargetavailabilitychanged wheel`, nil)

// strayHandler judges a handler outside a tag: what follows a quote that broke
// out of an attribute. i is the quote or the space before it.
func (v *view) strayHandler(b []byte, i int) {
	j := i
	for j < len(b) && j < i+8 && (is(b[j], blank) || b[j] == '/' || b[j] == '"' || b[j] == '\'' || b[j] == '`') {
		j++
	}
	if !starts(b, j, "on") {
		return
	}
	var name spelling
	k := j
	for k < len(b) && k-j < longest && is(b[k], letter) {
		name.add(b[k])
		k++
	}
	eq := skip(b, k)
	if peek(b, eq) != '=' || !isHandler(name.word(), false) {
		return
	}
	value, _ := attribute(b, skip(b, eq+1))
	broke := false
	for k := max(0, i-64); k <= i; k++ {
		broke = broke || b[k] == '"' || b[k] == '\'' || b[k] == '`'
	}
	switch {
	case len(value) == 0:
	case broke && scripted(value) > 0:
		v.found(XSS, grave, Handler, BreaksQuote)
	case scripted(value) > 0 || broke && calls(value):
		v.found(XSS, odd+9, Handler)
	default:
		v.found(XSS, min(odd, uint8(55)), Handler)
	}
}

// quoted says whether the place i stands in code that Markdown quotes.
func quoted(b []byte, i int) bool {
	ticks := 0
	for k := max(0, i-2*nearby); k < i; k++ {
		if b[k] == '`' {
			ticks++
		}
	}
	return ticks%2 == 1 && seek(b[:min(len(b), i+2*nearby)], i, "`") > 0
}
