package serve

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Inspection is what there is to say of a configuration without serving it.
type Inspection struct {
	Problems source.Problems // everything that is wrong, with warnings, in the order of the files
	APIs     []Inspected     // those whose contracts could be read, in the order of the file
	Sinks    []InspectedSink // in the order of the file
	Loose    source.Problems // settings that let through more than the contracts say, as warnings; only without errors
}

// Inspected is one API of a configuration.
type Inspected struct {
	Settings   *config.API
	Name       string                     // on events and in challenges
	Title      string                     // of the contract, with its version
	Language   string                     // of the contract, as "OpenAPI 3.1.0"
	At         string                     // hosts and prefix, "" for every host
	Upstreams  []string                   // where it runs, in the words of the banner
	Mode       string                     // whether it enforces, in the words of the banner
	Operations []gatehouse.Exposure       // as they are served; only without errors
	Texts      []gatehouse.InspectedTexts // of CheckTexts; only without errors
}

// Check reads the configuration in a file and everything that it names, and
// compiles it as Start would. It opens no address, writes nothing and connects
// to nobody; whether an address is free is for Start to find.
func Check(file string) *Inspection { return check(file, false) }

// CheckTexts is Check that also says how text is searched for attacks.
func CheckTexts(file string) *Inspection { return check(file, true) }

func check(file string, texts bool) *Inspection {
	r := reader{flags: &Config{File: file}, ways: newWays(), credentials: newCredentials(), looks: true}
	d := r.read()
	defer d.forget()
	defer r.release(d)
	if d.config != nil {
		d.pairs()
		d.paths()
		d.loops()
		d.feeds()
		d.faults.add(eventsReachable(&d.config.Record))
		d.faults.add(archiveReachable(&d.config.Record))
	}
	found := &Inspection{}
	if d.faults.err() == nil {
		d.survey()
		found.Loose = d.loose.Sort()
	}
	found.Problems, found.Sinks = d.faults.problems, d.inspectSinks()
	for i := range d.apis {
		if g := &d.apis[i]; g.contract != nil {
			var upstreams []string
			for j := range g.settings.Upstreams {
				upstreams = append(upstreams, upstreamWords(g.settings, &g.settings.Upstreams[j]))
			}
			found.APIs = append(found.APIs, Inspected{
				Settings: g.settings, Name: gatehouse.NameOf(&g.settings.Policy, g.contract), Title: title(g.contract), Language: g.contract.Language(),
				At: mount(g.settings), Upstreams: upstreams, Mode: modeWords(g.settings), Operations: g.served(),
			})
			if texts && d.faults.err() == nil {
				found.APIs[len(found.APIs)-1].Texts = gatehouse.Texts(g.contract, &g.settings.Policy)
			}
		}
	}
	return found
}

// served is the exposure of an API under its settings.
func (g *guarded) served() []gatehouse.Exposure {
	for i := range g.exposed {
		e, s := &g.exposed[i], g.settings
		own, _ := gatehouse.SettingsOf(&s.Policy, g.contract.Operations[i])
		if (own.Public || s.Authentication == config.Public) && !e.Public {
			e.Public, e.Credential = true, "public (contract: "+e.Credential+")"
		}
	}
	return g.exposed
}

// pairs finds what is wrong with the files of TLS, without opening an address.
func (d *draft) pairs() {
	for i := range d.config.Listeners {
		l := &d.config.Listeners[i]
		o := edgeOptions(l)
		if l.TLS == nil || o.Check() != nil {
			continue
		}
		if l.TLS.ACME != nil {
			_, wrong := newManager(l, acmeOptions(l.TLS.ACME))
			d.faults.add(wrong)
		}
		for _, err := range o.TLS.CheckFiles() {
			d.faults.add(listenFault(l, err))
		}
	}
}

// paths finds what is in the way of sockets and folders that are still to be
// made. Those above them may be made at the start, as systemd does.
func (d *draft) paths() {
	for i := range d.config.Listeners {
		l := &d.config.Listeners[i]
		if path, ok := strings.CutPrefix(l.Address, "unix:"); ok && occupied(path, fs.ModeSocket) {
			d.faults.add(listenFault(l, syscall.EADDRINUSE))
		}
		if l.TLS != nil && l.TLS.ACME != nil && occupied(string(l.TLS.ACME.Storage), fs.ModeDir) {
			d.faults.add(storageFault(l.TLS.ACME, &fs.PathError{Path: string(l.TLS.ACME.Storage), Err: syscall.ENOTDIR}))
		}
	}
	if path := string(d.config.Handover); path != "" && occupied(path, fs.ModeSocket) {
		d.faults.add(handoverFault(d.config, syscall.EADDRINUSE))
	}
}

// occupied reports whether something of another type than wanted is at a path.
func occupied(path string, wanted fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() != wanted
}

// loops finds APIs that are the gate itself, where its addresses are known
// before they are opened.
func (d *draft) loops() {
	for i := range d.config.Listeners {
		own, err := net.ResolveTCPAddr("tcp", d.config.Listeners[i].Address)
		if err != nil || own.Port == 0 {
			continue
		}
		if own.IP == nil {
			own.IP = net.IPv6unspecified
		}
		for j := range d.config.APIs {
			for k := range d.config.APIs[j].Upstreams {
				d.faults.add(loops(&d.config.APIs[j].Upstreams[k], own))
			}
		}
	}
}

// eventsReachable finds a place of events where no file can be, without making
// one.
func eventsReachable(r *config.Record) *fault {
	if _, named := eventPlaces[r.Events]; named {
		return nil
	}
	info, err := os.Stat(r.Events)
	switch {
	case err == nil && info.IsDir():
		err = &fs.PathError{Path: r.Events, Err: syscall.EISDIR}
	case errors.Is(err, fs.ErrNotExist):
		_, err = os.Stat(filepath.Dir(r.Events))
	}
	if err == nil {
		return nil
	}
	return eventsFault(r.Place, cause(err))
}
