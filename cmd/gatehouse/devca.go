package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/devca"
)

func newDevCA(w *world) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "dev-ca [NAME...]",
		Short: "Make an authority and a certificate to try TLS with",
		Long: `Makes a certificate authority for development and a certificate that it vouches
for, for the names and addresses given: by default localhost, 127.0.0.1 and ::1.
The authority can vouch for these and for this machine alone.

One that is in the folder already is used again, as long as it may vouch for all
names, and is never overwritten; its earlier certificate is replaced. Keys can be
read by you alone. It is no authority to serve real clients with.`,
		Example: `  gatehouse dev-ca
  gatehouse dev-ca shop.test '*.shop.test' 192.0.2.1 --output certificates`,
		RunE: func(_ *cobra.Command, names []string) error {
			if folder == "" {
				return &usageError{"--output: is empty", "name a folder: --output dev-ca"}
			}
			f, err := devca.Make(folder, names, time.Now())
			if wrong := (*devca.HostsError)(nil); errors.As(err, &wrong) {
				return wrong
			}
			if err != nil {
				return err
			}
			sayAuthority(w.stdout, &f)
			return nil
		},
	}
	cmd.Flags().StringVar(&folder, "output", "dev-ca", "`FOLDER` for certificates and keys; it is made when it is not there")
	return cmd
}

// sayAuthority says what was made and how it is used.
func sayAuthority(out io.Writer, f *devca.Files) {
	until := func(t time.Time) string { return "valid until " + t.UTC().Format("2006-01-02 15:04 MST") }
	authority := "an authority of before, used again"
	if f.MadeAuthority {
		authority = "a new authority"
	}
	server := "certificate for " + strings.Join(f.Hosts, ", ")
	if f.ReplacedServer {
		server += ", in place of the one before"
	}
	fmt.Fprint(out, table([][]string{
		{f.CA, authority + ", " + until(f.CAExpires)},
		{f.CAKey, "its key, for the next certificate only: it may be deleted"},
		{f.Certificate, server + ", " + until(f.Expires)},
		{f.Key, "its key"},
	}))
	fmt.Fprintf(out, `
At a listener of gatehouse.yaml (paths begin at the folder of that file):
  tls:
    certificate: %s
    key: %s

Clients trust the authority by its certificate:
  curl --cacert %s https://%s:8443/
  in the trust store of Debian, as root: cp %[3]s /usr/local/share/ca-certificates/gatehouse-dev.crt && update-ca-certificates
`, yamlWord(f.Certificate), yamlWord(f.Key), shellWord(f.CA), host(f.Hosts[0]))
}

// yamlWord writes a path in YAML.
func yamlWord(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	return strconv.Quote(path)
}

// host writes a host of a certificate as in a URL.
func host(name string) string {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		return "any." + rest
	}
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}
