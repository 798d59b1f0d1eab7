package config

import "strings"

// roles holds the upstreams of an API to what they are there for.
func (d *decoder) roles(api *API) {
	count := map[Role]int{}
	seen := map[string]bool{}
	for i := range api.Upstreams {
		up := &api.Upstreams[i]
		role := up.Role
		if role == "" {
			role = Live
		}
		if count[role]++; role == Mirror && count[role] == 2 {
			d.add("mirror-twice", up.At("role").node, "keep one of them", "another upstream of the API is its mirror")
		}
		if role == Mirror && up.has("weight") {
			d.add("mirror-weight", up.At("weight").node, "remove it; percent of mirror says how many calls are copied", "a mirror has no share of the calls")
		}
		url := strings.TrimSuffix(up.URL, "/")
		if !strings.HasPrefix(url, unixWord) { // names of files differ by case
			url = strings.ToLower(url)
		}
		if seen[url] && url != "" {
			d.add("upstream-twice", up.At("url").node, "give it a weight instead", "the API has this upstream already")
		}
		seen[url] = true
	}
	d.parts(api, count)
}

// parts holds upstreams to what is said of their roles.
func (d *decoder) parts(api *API, count map[Role]int) {
	if n := len(api.Upstreams); n > 0 && n == count[Canary]+count[Mirror] {
		d.add("upstream-live", api.At("upstreams").node, "leave the role of one out", "no upstream of the API is live, so that none takes its calls")
	}
	switch c := api.Canary; {
	case c == nil && count[Canary] > 0:
		d.add("canary-nobody", api.At("upstreams").node, "say for how many with canary: {percent: 5}", "an upstream is a canary, and nothing says for which calls")
	case c != nil && count[Canary] == 0:
		d.add("canary-alone", api.At("canary").node, "give one of them role: canary, or remove canary", "no upstream of the API has the role canary")
	case c != nil && !c.has("percent") && !c.has("header"): // 0 percent is a canary that pauses
		d.add("canary-nobody", api.At("canary").node, "say for how many with percent, or by which header clients choose", "nothing says which calls go to the canary")
	}
	if api.Mirror != nil && count[Mirror] == 0 {
		d.add("mirror-alone", api.At("mirror").node, "give one of them role: mirror, or remove mirror", "no upstream of the API has the role mirror")
	}
}
