package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newServe(w *world) *cobra.Command {
	c := serve.Config{Version: thisBuild().Version}
	var authentication config.Authentication
	var public bool
	maxBody, drain := size(1<<20), span(30*time.Second)
	cmd := &cobra.Command{
		Use:   "serve [--config FILE | --contract FILE --upstream URL]",
		Short: "Stand in front of APIs and enforce their contracts",
		Long: `Reads OpenAPI 3.0, 3.1 or Swagger 2.0 documents, listens, and passes to the
APIs what the documents describe. Everything else is refused with an
application/problem+json document whose code docs/refusals.md explains.

What to serve is said by a gatehouse.yaml, which "gatehouse init" writes, or,
for one API, by flags alone. Without any flag the gatehouse.yaml of the folder
is served.

When a file changes that the gate was made of, be it gatehouse.yaml, a contract,
a certificate or a secret, it is read again; SIGHUP asks for all of it at once.
Calls go on meanwhile. What is wrong is said, and what served before serves on.

SIGTERM or Ctrl-C drains: requests that have begun are finished, within the time
of --drain, or of drain in gatehouse.yaml; a second signal cuts them.`,
		Example: `  gatehouse serve --config gatehouse.yaml
  gatehouse serve --contract openapi.yaml --upstream http://127.0.0.1:9000
  gatehouse serve --contract openapi.yaml --upstream http://127.0.0.1:9000 --mode observe --events events.jsonl
  gatehouse serve --contract openapi.yaml --upstream https://api.internal --listen :443 --tls-cert cert.pem --tls-key key.pem --authentication upstream`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &c.File, "serve"); err != nil {
				return err
			}
			c.MaxBodyBytes, c.Drain = int64(maxBody), time.Duration(drain)
			c.Authentication = authentication
			if public {
				if authentication != "" {
					return &usageError{"--public and --authentication exclude each other", "say --public only when nobody needs a credential"}
				}
				c.Authentication = config.Public
			}
			c.Person = onTerminal(w.stderr)
			c.Stdout, c.Stderr = bare(w.stdout), w.stderr // what becomes of events is said by serve
			ctx, cut, stop := interrupts(cmd.Context())
			defer stop()
			reload, rest := hangups()
			defer rest()
			collectSooner()
			defer outliveReaders()()
			c.Cut, c.Reload, c.Look = cut, reload, w.lookup
			return serve.Run(ctx, c)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.File, "config", "", "`FILE` that says everything, a gatehouse.yaml; excludes the flags below")
	f.StringVar(&c.Contract, "contract", "", "`FILE` with the API's OpenAPI document, YAML or JSON")
	f.StringVar(&c.Upstream, "upstream", "", "`URL` of the API: http or https, host and port; or unix:/path/of/socket")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8080", "`HOST:PORT` where clients connect; unix:PATH for a Unix socket, systemd:NAME for a socket that systemd holds")
	f.Var(&choice[config.Mode]{&c.Mode, []string{"enforce", "observe"}, []config.Mode{config.Enforce, config.Observe}, "enforce"}, "mode",
		"observe lets calls through and says what would have been refused")
	f.Var(&choice[config.Treatment]{&c.Undeclared, []string{"refuse", "drop", "allow"}, []config.Treatment{config.Refuse, config.Drop, config.Allow}, "refuse"}, "undeclared",
		"query fields and properties of requests that the contract does not name")
	f.Var(&choice[config.Authentication]{&authentication, []string{"upstream"}, []config.Authentication{config.ByUpstream}, ""}, "authentication",
		"who verifies credentials; with upstream the API does, and the gate demands that they are there")
	f.BoolVar(&public, "public", false, "let everybody in, whatever the contract says of security")
	f.StringVar(&c.TLSCert, "tls-cert", "", "`FILE` with the certificate chain in PEM; read again when it changes")
	f.StringVar(&c.TLSKey, "tls-key", "", "`FILE` with the private key in PEM")
	f.BoolVar(&c.PlainHTTP, "plain-http", false, "allow plain HTTP on an address beyond loopback")
	f.StringVar(&c.Events, "events", "-", "`FILE` that events are appended to, one line of JSON each; - is standard output, none is nowhere")
	f.Var(&maxBody, "max-body", "the largest request body, as 65536, 64KiB or 1MiB")
	f.Var(&drain, "drain", "how long requests may go on after the first signal")
	return cmd
}

// usual is the name of the configuration.
const usual = "gatehouse.yaml"

// source finds out whether a file or flags say what a verb is to work on.
// Without any flag it is the file with the usual name in this folder. Flags
// aside may stand beside either.
func (w *world) source(cmd *cobra.Command, file *string, verb string, aside ...string) error {
	var given []string // that are not --config
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "config" && !slices.Contains(aside, f.Name) {
			given = append(given, "--"+f.Name)
		}
	})
	switch {
	case cmd.Flags().Changed("config"):
		if *file == "" {
			return &usageError{"--config: is empty", "name the file: --config " + usual}
		}
		if len(given) > 0 {
			return &usageError{"--config and " + strings.Join(given, ", ") + " exclude each other",
				"the file says everything: change it there, or leave --config out"}
		}
	case len(given) == 0:
		if _, err := os.Stat(usual); err != nil {
			return &usageError{"there is nothing to " + verb + ": no " + usual + " in this folder, and no flag that says what", hints[verb]}
		}
		*file = usual
		fmt.Fprintln(w.stderr, "gatehouse: no flag says what to "+verb+", so it is "+usual+" of this folder")
	}
	return nil
}

// hints say what to do where a verb has nothing to work on.
var hints = map[string]string{
	"test":    "name a " + usual + " elsewhere, --config",
	"explain": "name a " + usual + " elsewhere, --config",
	"read":    "name an OpenAPI document, --contract openapi.yaml, or a " + usual + " elsewhere, --config",
	"serve":   "gatehouse init writes a " + usual + "; or name an API: --contract openapi.yaml --upstream http://127.0.0.1:9000",
	"pin":     "name a " + usual + " elsewhere, --config",
	"open":    "name a " + usual + " elsewhere, --config",
	"seal":    "name a " + usual + " elsewhere, --config",
	"check":   "name an OpenAPI document, --contract openapi.yaml, or a " + usual + " elsewhere, --config",
}
