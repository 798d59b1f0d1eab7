package markup

import "bytes"

// content reads the text of the element that t begins, up to its end tag.
// Comments and CDATA sections beside text would split it for readers that take
// the first piece for the whole. elements is what is wrong with elements here.
func (st *State) content(t *tag, elements reason) (value []byte, i int) {
	if t.empty {
		return nil, t.end
	}
	n := bytes.IndexByte(st.d[t.end:], '<')
	if n < 0 {
		return nil, st.fail(badMarkup)
	}
	raw, i := st.d[t.end:t.end+n], t.end+n
	switch {
	case st.at(i, "</"):
		value, ok := st.characters(raw)
		if !ok {
			return nil, -1
		}
		return value, i
	case st.at(i, "<![CDATA[") && n == 0:
		return st.section(i)
	case st.at(i, "<![CDATA["), st.at(i, "<!--"):
		return nil, st.fail(splitText)
	case st.at(i, "<!"), st.at(i, "<?"):
		return nil, st.markup(i)
	}
	return nil, st.fail(elements)
}

// section reads the CDATA section at i (XML 1.0 section 2.7), which is all of
// a text.
func (st *State) section(i int) (value []byte, end int) {
	i += len("<![CDATA[")
	n := bytes.Index(st.d[i:], []byte("]]>"))
	if n < 0 {
		return nil, st.fail(badMarkup)
	}
	raw, end := st.d[i:i+n], i+n+len("]]>")
	if !st.at(end, "</") {
		return nil, st.fail(splitText)
	}
	if bytes.IndexByte(raw, '\r') < 0 {
		return raw, end
	}
	st.text = st.text[:0]
	for k := range raw {
		st.lineEnd(raw, k)
	}
	return st.text, end
}

// lineEnd adds raw[k] to st.text, line ends as line feeds (section 2.11).
func (st *State) lineEnd(raw []byte, k int) {
	switch c := raw[k]; {
	case c != '\r':
		st.text = append(st.text, c)
	case k+1 == len(raw) || raw[k+1] != '\n':
		st.text = append(st.text, '\n')
	}
}

// characters returns what raw, the text of an element, means: itself, or a
// text in st.text.
func (st *State) characters(raw []byte) ([]byte, bool) {
	if bytes.Contains(raw, []byte("]]>")) { // section 2.4, production 14
		return nil, st.fail(badMarkup) >= 0
	}
	if bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw, true
	}
	return st.decode(raw)
}

// attributeValue returns what the value of a means (section 3.3.3). It holds
// no line ends and no tabs other than by reference.
func (st *State) attributeValue(a *attr) ([]byte, bool) {
	raw := st.d[a.value:a.end]
	if bytes.IndexByte(raw, '&') < 0 {
		return raw, true
	}
	return st.decode(raw)
}

// decode writes raw to st.text with its references replaced.
func (st *State) decode(raw []byte) ([]byte, bool) {
	st.text = st.text[:0]
	for k := 0; k < len(raw); {
		if raw[k] != '&' {
			st.lineEnd(raw, k)
			k++
			continue
		}
		n := st.reference(raw[k:])
		if n < 0 {
			return nil, false
		}
		k += n
	}
	return st.text, true
}
