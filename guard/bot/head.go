package bot

import "github.com/gatehouse-api/gatehouse/gate"

// kind is a field that tells one program from another.
type kind uint8

const (
	host kind = iota
	accept
	acceptLanguage
	acceptEncoding
	connection
	userAgent
	cookie
	ranges
	via // or another sign of a proxy
	fetchSite
	fetchMode
	fetchDest
	hintAgent
	hintPlatform
	kinds
)

// head is where such fields stand among the others, from 1, each at its first
// place; 0 for none. Values are views.
type head struct {
	at                            [kinds]int
	agent, mode, brands, platform []byte
}

// read looks at each field once. Fields that the gate has removed since count:
// the client sent them.
func (h *head) read(fields []gate.Field) {
	for i := range fields {
		f := &fields[i]
		k := kindOf(f.Name)
		if k == kinds || h.at[k] > 0 {
			continue
		}
		h.at[k] = i + 1
		switch k {
		case userAgent:
			h.agent = f.Value
		case fetchMode:
			h.mode = f.Value
		case hintAgent:
			h.brands = f.Value
		case hintPlatform:
			h.platform = f.Value
		}
	}
}

// kindOf compares a name with those few that have its length.
func kindOf(name []byte) kind {
	is := func(text string, k kind) kind {
		if gate.EqualFold(name, text) {
			return k
		}
		return kinds
	}
	switch len(name) {
	case 3:
		return is("Via", via)
	case 4:
		return is("Host", host)
	case 5:
		return is("Range", ranges)
	case 6:
		return min(is("Accept", accept), is("Cookie", cookie))
	case 9:
		return min(is("Sec-CH-UA", hintAgent), is("Forwarded", via))
	case 10:
		return min(is("Connection", connection), is("User-Agent", userAgent))
	case 14:
		return min(is("Sec-Fetch-Site", fetchSite), is("Sec-Fetch-Mode", fetchMode), is("Sec-Fetch-Dest", fetchDest))
	case 15:
		return min(is("Accept-Encoding", acceptEncoding), is("Accept-Language", acceptLanguage), is("X-Forwarded-For", via))
	case 18:
		return is("Sec-CH-UA-Platform", hintPlatform)
	}
	return kinds
}
