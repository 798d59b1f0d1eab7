package main

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/console/remote"
	"github.com/gatehouse-api/gatehouse/trust"
)

// remoteFlags say which gate does what a verb asks for, in place of the verb
// itself, which would need its store.
type remoteFlags struct {
	url, credential, authorities string
}

// adminVariable has the credential where no file is named.
const adminVariable = "GATEHOUSE_ADMIN_CREDENTIAL"

// remotely adds the flags of verbs that a gate can do.
func (d *desk) remotely(cmd *cobra.Command) *cobra.Command {
	d.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&d.admin.url, "admin", "", "`URL` of the API of administration of a gate that runs, which does it in place of --config")
	f.StringVar(&d.admin.credential, "admin-credential", "", "`FILE` with the credential for --admin; without it, the variable "+adminVariable)
	f.StringVar(&d.admin.authorities, "admin-ca", "", "`FILE` of the authorities that vouch for --admin, in PEM; without it, those of the system")
	return cmd
}

// gate calls do with the gate that --admin names, if it names one.
func (d *desk) gate(cmd *cobra.Command, do func(ctx context.Context, g *remote.Gate) error) (asked bool, err error) {
	f := cmd.Flags()
	if d.admin.url == "" {
		for _, name := range []string{"admin-credential", "admin-ca"} {
			if f.Changed(name) {
				return true, &usageError{"--" + name + " is for --admin, which is missing", "say where the gate is administered, as in --admin https://gate.example:9091"}
			}
		}
		return false, nil
	}
	if f.Changed("config") {
		return true, &usageError{"--admin and --config exclude each other", "with --admin the gate itself knows where its store is"}
	}
	g, err := d.admin.open(d.w)
	if err != nil {
		return true, err
	}
	defer g.Close()
	return true, d.explain(do(cmd.Context(), g))
}

func (r *remoteFlags) open(w *world) (*remote.Gate, error) {
	s := remote.Settings{URL: r.url}
	var err error
	if s.Credential, err = r.secret(w); err != nil {
		return nil, err
	}
	if r.authorities != "" {
		text, err := os.ReadFile(r.authorities)
		if err != nil {
			return nil, &usageError{"--admin-ca: " + reason(err), "name a file with certificates in PEM"}
		}
		s.Authorities = x509.NewCertPool()
		if !s.Authorities.AppendCertsFromPEM(text) {
			return nil, &usageError{"--admin-ca: " + r.authorities + " has no certificate in PEM", "it begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	g, err := remote.Open(s)
	switch {
	case errors.Is(err, remote.ErrCredential):
		return nil, &usageError{"what " + r.source() + " has is no credential for administration", "it begins with ghk_admin_; gatehouse admin create makes one"}
	case errors.Is(err, remote.ErrPlain):
		return nil, &usageError{"--admin " + err.Error(), "write https://, and give admin a certificate in the gate's gatehouse.yaml"}
	case err != nil:
		return nil, &usageError{"--admin " + err.Error(), ""}
	}
	return g, nil
}

// source says where the credential stands.
func (r *remoteFlags) source() string {
	if r.credential != "" {
		return r.credential
	}
	return adminVariable
}

// secret reads the credential. One newline at the end of a file is no part of it.
func (r *remoteFlags) secret(w *world) (trust.Secret, error) {
	if r.credential == "" {
		text, _ := w.lookup(adminVariable)
		if text == "" {
			return trust.Secret{}, &usageError{"--admin takes a credential, and there is none", "put it in a file for --admin-credential, or in the variable " + adminVariable}
		}
		return trust.NewSecret(text), nil
	}
	text, loose, err := trust.System("").File(r.credential, 1024)
	if err != nil {
		hint := "name the file that has the credential"
		if strings.HasPrefix(r.credential, "ghk_") {
			return trust.Secret{}, &usageError{"--admin-credential names a file: a credential itself belongs on no command line", "this one is known to others now: revoke it"}
		}
		return trust.Secret{}, &usageError{"--admin-credential: " + reason(err), hint}
	}
	if loose {
		w.complain("others can read "+r.credential+", which has a credential", "chmod 600 "+r.credential)
	}
	return trust.NewSecret(strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")), nil
}

// reason says what is wrong with a file, its name first.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Path + ": " + path.Err.Error()
	}
	return err.Error()
}
