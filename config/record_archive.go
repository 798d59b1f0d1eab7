package config

import "time"

// Archive keeps events in files with an index, in which `gatehouse events` and `gatehouse explain` find them. Where the gate keeps keys of its own (trust.keys_file) they are encrypted.
type Archive struct {
	Place
	// Path is the folder that they are kept in. It is made when it is missing, and is the gate's own.
	Path File `key:"path,required,example=/var/lib/gatehouse/archive"`
	// MaxBytes is how large the folder may become. The oldest events are removed to make room.
	MaxBytes Bytes `key:"max_bytes,default=1GiB,min=16MiB,max=1TiB"`
	// MaxAge is how old an event may become before it is removed.
	MaxAge time.Duration `key:"max_age,default=30d,min=1h,max=3650d"`
}
