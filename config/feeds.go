package config

import (
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Feed is a list of addresses and networks from which no call is taken, one a line, from a file or a server. It is read again when it has changed; a list that cannot be read changes nothing.
type Feed struct {
	Place
	// Name is what the list is called in the log.
	Name string `key:"name,required,form=name,example=known attackers"`
	// File is a path.
	File File `key:"file,example=blocked.txt"`
	// URL is where a server has the list, over https. It is asked for changes alone (ETag).
	URL string `key:"url,form=feed,example=https://lists.example.com/blocked.txt"`
	// Found is what becomes of calls from the list: refuse, observe (they pass, and their events say so) or allow (nothing).
	Found URLFound `key:"found,default=refuse"`
	// Except are networks from which calls are taken whatever the list says.
	Except []netip.Prefix `key:"except,example=[192.0.2.0/24]"`
	// Every is the time between two looks for changes; without it an hour for a URL, ten seconds for a file.
	Every time.Duration `key:"every,min=1s,max=7d,example=1h"`
	// MaxBytes bounds the list.
	MaxBytes Bytes `key:"max_bytes,default=256MiB,min=1KiB,max=1GiB"`
	// MaxStale is how long the last list holds while there is no newer one.
	MaxStale time.Duration `key:"max_stale,default=7d,min=1m,max=365d"`
	// OnFailure is what becomes of calls while no list holds: closed refuses them with 503, open lets them pass and notes it on the event.
	OnFailure OnFailure `key:"on_failure,default=closed"`
}

// Geo is a database that says in which country an address is, in the format of MaxMind.
type Geo struct {
	Place
	// Database is the file. It is read again when it has changed.
	Database File `key:"database,required,example=countries.mmdb"`
	// MaxStale is how long the last database holds while there is no newer one that can be read.
	MaxStale time.Duration `key:"max_stale,default=90d,min=1h,max=3650d"`
	// OnFailure is what becomes of calls that countries decide while no database holds: closed refuses them with 503, open lets them pass and notes it on the event.
	OnFailure OnFailure `key:"on_failure,default=closed"`
}

// Countries is from which countries calls are taken, as geo knows them.
type Countries struct {
	Place
	// Allow are the only countries from which calls are taken, as two letters of ISO 3166-1.
	Allow []string `key:"allow,min=1,form=country,example=[DE, AT, CH]"`
	// Deny are countries from which none is taken.
	Deny []string `key:"deny,min=1,form=country,example=[KP]"`
	// Except are networks from which calls are taken whatever their country.
	Except []netip.Prefix `key:"except,example=[10.0.0.0/8]"`
	// Unknown is what becomes of calls from addresses whose country nobody knows, such as private ones, where there is allow.
	Unknown UnknownCountry `key:"unknown,default=refuse"`
}

// UnknownCountry is what becomes of calls from nobody knows where.
type UnknownCountry string

// What becomes of them.
const (
	RefuseCountry UnknownCountry = "refuse"
	AllowCountry  UnknownCountry = "allow"
)

// Words returns what may become of them.
func (UnknownCountry) Words() []string { return []string{string(RefuseCountry), string(AllowCountry)} }

func judgeFeed(text string) (wrong, hint string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return "the address of a feed is no URL of https without user and fragment", "write it like https://lists.example.com/blocked.txt"
	}
	return "", ""
}

func judgeCountry(text string) (wrong, hint string) {
	if len(text) != 2 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' || text[1] > 'Z' {
		return quote(text) + " is no country", "write two capital letters of ISO 3166-1, as in DE"
	}
	return "", ""
}

// feeds holds lists to one source each, and countries to a database.
func (c *collector) feeds(all *Config) {
	for i := range all.Feeds {
		if f := &all.Feeds[i]; f.has("file") == f.has("url") {
			c.add("feed-source", f.Place.node, "add file or url, and not both", "a feed is read from one place")
		}
	}
	if all.Geo != nil {
		return
	}
	said := func(s *Countries, at Place) {
		if s != nil {
			c.add("countries-geo", at.At("countries").node, "add geo at the top of the file, with a database", "nothing says in which country an address is")
		}
	}
	for _, name := range sortedNames(all.Limits) {
		l := all.Limits[name]
		if i := slices.Index(l.Key, "country"); i >= 0 {
			c.add("countries-geo", l.At("key").Item(i).node, "add geo at the top of the file, with a database", "nothing says in which country an address is")
		}
	}
	for i := range all.APIs {
		api := &all.APIs[i]
		said(api.Countries, api.Place)
		for _, name := range sortedNames(api.Operations) {
			said(api.Operations[name].Countries, api.At("operations", name))
		}
	}
}
