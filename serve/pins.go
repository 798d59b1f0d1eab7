package serve

import (
	"errors"
	"io/fs"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/wire/edge/acme"
)

// Pinned is a key that a listener shows to clients.
type Pinned struct {
	Listener    string // its address
	Certificate string // the file
	Pin         trust.Pin
	Backup      trust.Pin // of the key that is kept for the next certificate; "" without one
}

// Pins reads the configuration in a file and the keys that it names. Contracts
// are not read.
func Pins(file string) (list []Pinned, problems source.Problems) {
	c, problems := config.Load(file)
	if c == nil {
		return nil, problems
	}
	for i := range c.Listeners {
		l := &c.Listeners[i]
		for _, p := range pairsOf(l) {
			pinned, wrong := pinsOf(p)
			if wrong != nil {
				problems = append(problems, wrong.at.Problem(wrong.remedy, "%s", wrong.text))
				continue
			}
			pinned.Listener = l.Address
			list = append(list, pinned)
		}
		list = append(list, obtainedPins(l)...)
	}
	return list, problems.Sort()
}

// placedPair is a pair with its place.
type placedPair struct {
	*config.Pair
	config.Place
}

// pairsOf are the pairs of a listener that are named in its file.
func pairsOf(l *config.Listener) (list []placedPair) {
	if l.TLS == nil {
		return nil
	}
	if l.TLS.Certificate != "" {
		list = append(list, placedPair{&l.TLS.Pair, l.TLS.Place})
	}
	for i := range l.TLS.Certificates {
		c := &l.TLS.Certificates[i]
		list = append(list, placedPair{&c.Pair, c.Place})
	}
	return list
}

// pinsOf reads the keys of a pair. A backup that is the key in use is none: it
// would be lost together with it.
func pinsOf(p placedPair) (Pinned, *fault) {
	const remedy = "name a PEM file with a key that this user can read"
	out := Pinned{Certificate: string(p.Certificate)}
	var err error
	if out.Pin, err = pinIn(p.Certificate); err != nil {
		return out, &fault{at: p.At("certificate"), text: causes(err), remedy: remedy}
	}
	if p.BackupKey == "" {
		return out, nil
	}
	if out.Backup, err = pinIn(p.BackupKey); err != nil {
		return out, &fault{at: p.At("backup_key"), text: causes(err), remedy: remedy}
	}
	if out.Backup == out.Pin {
		return out, &fault{at: p.At("backup_key"), text: "this is the key of the certificate in use", remedy: "make another one, and keep its private half away from this machine"}
	}
	return out, nil
}

// pinIn reads the key in a file.
func pinIn(name config.File) (trust.Pin, error) {
	text, err := readCA(string(name))
	if err != nil {
		if errors.As(err, new(*fs.PathError)) {
			return "", err
		}
		return "", &fs.PathError{Path: string(name), Err: err}
	}
	pin, err := trust.ReadPin(text)
	if err != nil {
		return "", &fs.PathError{Path: string(name), Err: err}
	}
	return pin, nil
}

// obtainedPins are the keys of certificates that were obtained so far.
func obtainedPins(l *config.Listener) (list []Pinned) {
	if l.TLS == nil || l.TLS.ACME == nil {
		return nil
	}
	for _, domain := range l.TLS.ACME.Domains {
		names, err := acme.Files(string(l.TLS.ACME.Storage), domain)
		if err != nil {
			continue // a pattern that no domain makes
		}
		for _, name := range names {
			if pin, err := pinIn(config.File(name)); err == nil {
				list = append(list, Pinned{Listener: l.Address, Certificate: name, Pin: pin})
			}
		}
	}
	return list
}
