package config

import "time"

// Locks say when clients must wait whose credentials were not valid. Failures are counted by the client's network (one IPv4 address, or one IPv6 /64), by the subject that the credential names, such as a user, and by the credential itself. Who must wait is answered 429, with how long.
type Locks struct {
	Place
	// Disabled locks nobody out.
	Disabled bool `key:"disabled"`
	// Failures is how many of one credential, or of one subject, there may be within the window.
	Failures int `key:"failures,default=10,min=1,max=1000000"`
	// NetworkFailures is how many there may be from one network within the window. Credentials that were valid from a network before are let through while it is locked.
	NetworkFailures int `key:"network_failures,default=50,min=1,max=1000000"`
	// Window is the time within which they are counted.
	Window time.Duration `key:"window,default=1m,min=1s,max=1d"`
	// First is how long the first lock lasts. Each further failure doubles it.
	First time.Duration `key:"first,default=1s,min=100ms,max=1h"`
	// Longest is how long a lock lasts at most.
	Longest time.Duration `key:"longest,default=15m,min=1s,max=1d"`
}

// locks holds the times to each other.
func (c *collector) locks(l *Locks, at Place) {
	if l.First > l.Longest && l.Longest > 0 {
		c.add("locks-first", at.At("locks", "first").node, "make longest longer, or first shorter", "the first lock is longer than the longest")
	}
}
