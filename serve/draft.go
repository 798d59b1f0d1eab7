package serve

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
	"github.com/gatehouse-api/gatehouse/guard/limit"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
	"github.com/gatehouse-api/gatehouse/record/alert"
	"github.com/gatehouse-api/gatehouse/store/counter"
	"github.com/gatehouse-api/gatehouse/trust"
)

// draft is a configuration that was read and compiled beside the live one.
// Of the system it holds nothing but ways to APIs, which open connections when
// they are used.
type draft struct {
	config      *config.Config         // nil when it could not be read
	plan        *gate.Plan             // nil when anything is wrong
	apis        []guarded              // in the order of the configuration; what the banner and check say of each
	ways        []*way                 // to the APIs
	wanted      map[string]bool        // credentials, by APIs
	credentials map[string]*credential // by the names of the configuration
	loose       source.Problems        // set when nothing is wrong
	files       watch                  // what it was made of, as it was last looked at
	made        map[string]sum         // and as it was then
	documents   []string               // files of contracts among them
	faults      faults
	limits      map[string]*limit.Rule // by their names
	shared      *counter.Counters      // counters to be used; nil where those in use stay
	sharedKey   sum                    // of their settings
	recorder    audit.Recorder         // of calls of which nothing may be lost; nil for none
	sinks       []sinkDraft            // receivers of events
	alerts      []alert.Rule           // over events
	inquired    *inquiry               // what the references of the configuration led to; nil where it has none to services
}

// guarded is one API of a draft with the contract as it was read.
type guarded struct {
	settings *config.API
	contract *contract.Contract // nil when it could not be read
	warnings int
	verified bool                 // the gate verifies some of its credentials
	exposed  []gatehouse.Exposure // nil before survey
}

// reader makes drafts.
type reader struct {
	flags       *Config // what the program was told
	ways        *ways
	credentials *credentials
	keeper      *keeper                               // the open store; nil for none
	book        *book                                 // the ledger; nil for none
	counters    *limit.State                          // of limits; made with the first draft
	suppose     func(kind string) owner.Supposition   // whose objects are, where calls are tried
	looks       bool                                  // nothing is opened or written
	standIn     standIn                               // for secrets that are not there; "" for none
	stand       func(credential string) gate.Verifier // what stands in for verifiers; nil for the real ones
	piped       []byte                                // the text of a gatehouse.yaml that cannot be read twice
	plain       bool                                  // gatehouse.yaml was a file on a disk when it was read first
	feeds       *feeds                                // nil for a reader that does not serve
	load        *load                                 // nil for a reader that does not serve
	resolver    *ssrf.Resolver                        // nil for the one of the system
	shared      *shared                               // nil for a reader whose plans serve nobody
	custody     *custody                              // nil for a reader that asks no service and makes no keys
	events      *events                               // also of what is changed in the store; nil for a reader that does not serve
}

// read reads the configuration and everything that it names, and compiles it.
func (r *reader) read() *draft {
	d := &draft{files: watch{}, faults: faults{file: r.flags.File != ""}}
	r.settings(d)
	if d.config == nil || d.faults.err() != nil && !r.looks {
		return d
	}
	if r.flags.Alter != nil {
		r.flags.Alter(d.config)
	}
	if wrong := r.custody.open(d); wrong != nil {
		d.faults.add(wrong)
		return d
	}
	r.keep(d)
	r.share(d)
	r.own(d)
	r.verify(d)
	r.verifyAdmins(d)
	r.count(d)
	d.recorder = r.recorder(d)
	d.describeAlerts()
	d.describeSinks()
	apis := make([]gatehouse.API, 0, len(d.config.APIs))
	for i := range d.config.APIs {
		if a := r.api(d, &d.config.APIs[i]); a.Contract != nil {
			apis = append(apis, a)
		}
	}
	for i := range d.config.Listeners {
		l := &d.config.Listeners[i]
		if err := edgeOptions(l).Check(); err != nil {
			d.faults.add(listenFault(l, err))
		}
		for _, p := range pairsOf(l) {
			if p.BackupKey == "" {
				continue
			}
			d.files.add(string(p.BackupKey))
			_, wrong := pinsOf(p)
			d.faults.add(wrong)
		}
	}
	if a := d.config.Admin; a != nil {
		o := adminOptions(a)
		if err := o.Check(); err != nil {
			d.faults.add(adminFault(a, err))
		}
	}
	d.idle()
	d.unmet()
	plan, problems := gatehouse.CompileFor(&d.config.Callers, apis...)
	d.faults.problems = append(d.faults.problems, problems...)
	if len(apis) == len(d.config.APIs) {
		if d.plan = plan; plan != nil {
			plan.Tracing, plan.Pseudonyms = tracing(d.config.Record.Tracing), r.pseudonyms(d.config)
		}
	}
	for _, g := range d.apis {
		d.readings(g.contract)
	}
	d.made = d.files.sums()
	d.askers()
	if d.faults.err() == nil {
		d.loose = d.loosenings()
	}
	return d
}

// apart are the parts of a configuration whose mistakes change nothing of what
// is to be said of its APIs and contracts.
var apart = []string{"#/trust", "#/store", "#/admin", "#/maintenance", "#/handover"}

// goesOn reports whether the rest can be looked at behind mistakes of the
// configuration, so that all are told at once: by one who only looks, where
// they stand apart.
func (d *draft) goesOn() bool {
	return !slices.ContainsFunc(d.faults.problems, func(p source.Problem) bool {
		kept := strings.HasPrefix(p.Pointer, "#/credentials/") && strings.HasSuffix(p.Pointer, "/keys") // they want a store, or a pepper
		return p.Severity == source.Error && !kept && !slices.ContainsFunc(apart, func(part string) bool {
			return p.Pointer == part || strings.HasPrefix(p.Pointer, part+"/")
		})
	})
}

// settings reads the file, or takes the flags.
func (r *reader) settings(d *draft) {
	if r.flags.File == "" {
		r.flags.check(&d.faults)
		d.config = r.flags.settings()
		return
	}
	d.files.add(r.flags.File)
	look := trust.System("")
	d.follow(&look)
	r.standIn.take(&look)
	text, err := r.text()
	if errors.Is(err, errNoFile) {
		d.faults.problems = source.Problems{{Position: source.Position{File: r.flags.File}, Text: err.Error(), Hint: "put a file in its place"}}
		return
	}
	if err != nil { // Load says why
		c, problems := config.Load(r.flags.File)
		d.config, d.faults.problems = c, problems
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !r.looks {
		d.config, d.faults.problems = config.ParseWith(r.flags.File, text, look, r.custody.remote(ctx, d, r.flags.AlterVault))
		return
	}
	if d.config, d.faults.problems = config.ParseToLook(r.flags.File, text, look); d.faults.err() != nil && !d.goesOn() {
		d.config = nil
	}
}

// follow notes each file that a secret is read from.
func (d *draft) follow(look *trust.Lookup) {
	read := look.File
	look.File = func(path string, most int) ([]byte, bool, error) {
		d.files.add(path)
		return read(path, most)
	}
}

// maxText is more than a configuration may have.
const maxText = 2 << 20

// text returns the text of the file. What is no file on a disk, such as the
// pipe of a process, is read once and kept.
func (r *reader) text() ([]byte, error) {
	if r.piped != nil {
		return r.piped, nil
	}
	info, err := os.Stat(r.flags.File)
	switch {
	case err != nil:
		return nil, err
	case r.plain && info.Mode()&os.ModeNamedPipe != 0:
		return nil, errNoFile // to open it would wait for whoever writes
	}
	f, err := os.Open(r.flags.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxText))
	if err == nil && !info.Mode().IsRegular() {
		r.piped = text
	}
	r.plain = r.plain || err == nil && info.Mode().IsRegular()
	return text, err
}

var errNoFile = errors.New("the file is a pipe now, of which nobody knows when it is read to its end")

// api reads the contract of one API and finds the way to it. The result has
// no contract when that could not be read.
func (r *reader) api(d *draft, settings *config.API) gatehouse.API {
	a := gatehouse.API{Options: settings.Policy, Countries: d.config.Geo != nil, Place: settings.Place, Decide: decide, ClientCertificates: asksCertificates(d.config.Listeners, settings)}
	if d.faults.file {
		a.Decide = decideInFile
	}
	g := guarded{settings: settings, contract: r.flags.Read}
	if r.flags.Read == nil {
		g.contract = d.contract(settings, &g.warnings)
	}
	if g.contract != nil {
		a.Contract = g.contract
		a.Owners = r.remembered(d)
		a.Limits, a.Counters = d.limits, r.counters
		a.CoreRules = d.coreRules(settings)
		a.Verifiers = d.verifiers(settings, g.contract, &a)
		g.verified = len(a.Verifiers) > 0
		d.callerKey(settings, &a, r.credentials.deps.own())
		r.credentials.equip(&a, &d.config.Locks)
		r.load.equip(&a, settings, &d.config.Overload)
		r.credentials.countLogins(&a)
		r.feeds.equip(&a, d.config)
		a.Challenges = r.credentials.puzzles()
		a.Recorder = d.recorder
		if settings.Bots != nil {
			a.Bots = r.credentials.suspects()
		}
		a.Resolver = r.resolver
	}
	rules, problems := gatehouse.ReadRules(&settings.Policy, settings.Place, d.files.add)
	a.Rules, d.faults.problems = rules, append(d.faults.problems, problems...)
	for _, own := range settings.Operations {
		if q := own.GraphQL; q != nil {
			d.files.add(string(q.Schema))
			if q.Persisted != "" {
				d.files.add(string(q.Persisted))
			}
		}
	}
	d.apis = append(d.apis, g)
	for i := range settings.Upstreams {
		u := &settings.Upstreams[i]
		for _, file := range [...]config.File{u.CA, u.Certificate, u.Key} {
			if file != "" {
				d.files.add(string(file))
			}
		}
	}
	w, wrong := r.ways.acquire(settings, g.contract)
	for _, f := range wrong {
		d.faults.add(f)
	}
	if w != nil {
		d.ways = append(d.ways, w)
		a.Upstream = w
	}
	return a
}

// contract reads a contract and counts its warnings.
func (d *draft) contract(settings *config.API, warnings *int) *contract.Contract {
	name := string(settings.Contract)
	d.files.add(name)
	if d.faults.file {
		if err := CheckContractPath(name); err != nil {
			e := ConfigErrors(err)[0]
			d.faults.problems = append(d.faults.problems, settings.Place.At("contract").Problem(e.Hint, "the contract %s", e.Text))
			return nil
		}
		if _, err := os.Stat(name); err != nil {
			d.faults.add(&fault{at: settings.Place.At("contract"), text: "the contract cannot be read: " + cause(err).Error(),
				remedy: openapi.NearestTo(name, "check the path; it counts from the folder of "+filepath.Base(d.config.Path))})
			return nil
		}
	}
	c, problems := openapi.Load(name)
	d.faults.problems = append(d.faults.problems, problems...)
	*warnings = len(problems)
	return c
}

// readings notes the files of a contract with what they held when they were
// read.
func (d *draft) readings(c *contract.Contract) {
	if c == nil || c.Files == nil {
		return
	}
	for _, f := range c.Files.Readings() {
		d.files[f.Name] = stamp{sum: sum(f.Sum)}
		d.documents = append(d.documents, f.Name)
	}
}

// survey finds what the contracts let through beyond their words. The draft
// must be free of errors.
func (d *draft) survey() {
	for i := range d.apis {
		d.apis[i].exposed = gatehouse.Survey(d.apis[i].contract, &d.apis[i].settings.Policy)
	}
}

// forget lets go of the contracts, which are many times the size of a plan.
func (d *draft) forget() {
	for i := range d.apis {
		if c := d.apis[i].contract; c != nil && c.Files != nil {
			c.Files.Close() // nothing more is read
		}
	}
	d.apis = nil
}
