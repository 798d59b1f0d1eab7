package serve

import "errors"

// CheckFlags finds every mistake in the settings of a gate in front of one API
// that can be seen without opening anything, as Start would say it. The
// contract is not read.
func CheckFlags(c Config) error {
	var f faults
	c.check(&f)
	if c.Upstream != "" {
		made := pools{}
		p, wrong := made.acquire(&c.settings().APIs[0].Upstreams[0])
		if f.add(wrong); wrong == nil {
			made.release([]*pool{p})
		}
	}
	return errors.Join(f.mistakes...)
}
