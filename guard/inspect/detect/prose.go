package detect

// scanProse is scan for a text of people: a mark that stands as prose has it,
// as the apostrophe in it's and the comma before a space, is left out, so that
// it wakes no grammar. Marks that separate commands, compare, or open markup
// always count, and so does one that stands in any other way. all are the kinds
// of its characters.
func scanProse(s []byte, all chars) chars {
	m := all &^ plainMarks
	for i := 0; i < len(s); i++ {
		if i = proseMarks.next(s, i); i == len(s) {
			break
		}
		k := kinds[s[i]]
		if k&plainMarks == 0 || k&m != 0 {
			continue
		}
		before, after := cSpace, cSpace // the ends of the text are like spaces
		if i > 0 {
			before = kinds[s[i-1]]
		}
		if i+1 < len(s) {
			after = kinds[s[i+1]]
		}
		if !inProse(k, before, after) {
			if m |= k; m == all {
				return m
			}
		}
	}
	return m
}

// proseMarks are the bytes of plainMarks.
var proseMarks = bytesOfKinds(plainMarks)

// plainMarks are the marks that prose has.
const plainMarks = cSingle | cComma | cDot | cBang | cQuestion | cColon | cOpen | cClose | cMinus | cSlash | cDollar | cPercent | cHash | cPlus | cLess | cAt | cUnder

const (
	alnum = cLetter | cDigit
	pause = cSpace | cNewline
)

// inProse says whether prose has the mark k between before and after.
func inProse(k, before, after chars) bool {
	switch k {
	case cSingle:
		return before&(cLetter|cHigh) != 0 && after&(cLetter|cHigh) != 0
	case cComma, cDot, cBang, cQuestion:
		return before&(alnum|cClose|cHigh|cPercent|cDouble) != 0 && after&(pause|cClose) != 0 || before&after&cDigit != 0
	case cColon:
		return before&(alnum|cClose) != 0 && after&pause != 0 || before&after&cDigit != 0
	case cOpen:
		return before&pause != 0 && after&(alnum|cHigh) != 0
	case cClose:
		return before&(alnum|cDot|cHigh) != 0 && after&(pause|cDot|cComma|cColon|cBang|cQuestion) != 0
	case cMinus:
		return before&after&pause != 0 || before&alnum != 0 && after&alnum != 0
	case cSlash, cAt, cUnder:
		return before&alnum != 0 && after&alnum != 0
	case cDollar, cHash, cPlus:
		return before&pause != 0 && after&cDigit != 0
	case cPercent:
		return before&cDigit != 0 && after&(pause|cDot|cComma|cClose) != 0
	case cLess:
		return before&pause != 0 && after&cDigit != 0
	}
	return false
}
