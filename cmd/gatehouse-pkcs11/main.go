// Command gatehouse-pkcs11 loads the library of a PKCS#11 module for the gate,
// which starts it when it needs a key in the module: one request on standard
// input, one answer on standard output. By hand it makes such a key. It is a
// program of its own because loading a library ties it to the C library of the
// system; the gate stays a static binary. Nothing imports it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gatehouse-api/gatehouse/trust/pkcs11"
	"github.com/gatehouse-api/gatehouse/trust/pkcs11/token"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

const usage = `gatehouse-pkcs11 is started by gatehouse, and is asked on standard input.

To make a key of 256 bits in a token, which never leaves it:

  gatehouse-pkcs11 make-key --module LIBRARY --token LABEL --key LABEL < PIN

The PIN is read from standard input.
`

func run(args []string, in io.Reader, out, problems io.Writer) int {
	if len(args) == 0 {
		if err := pkcs11.Serve(in, out, token.Do); err != nil {
			fmt.Fprint(problems, "gatehouse-pkcs11: ", err, "\n\n", usage)
			return 2
		}
		return 0
	}
	flags := flag.NewFlagSet("make-key", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	r := pkcs11.Request{Do: pkcs11.Make}
	flags.StringVar(&r.Module, "module", "", "")
	flags.StringVar(&r.Token, "token", "", "")
	flags.StringVar(&r.Key, "key", "", "")
	pin, err := io.ReadAll(io.LimitReader(in, 1024))
	if args[0] != "make-key" || flags.Parse(args[1:]) != nil || flags.NArg() > 0 || r.Module == "" || r.Token == "" || r.Key == "" || err != nil {
		fmt.Fprint(problems, usage)
		return 2
	}
	r.PIN = strings.TrimRight(string(pin), "\r\n")
	if a := token.Do(r); a.Wrong != "" {
		fmt.Fprintln(problems, "gatehouse-pkcs11:", a.Wrong)
		if a.Hint != "" {
			fmt.Fprintln(problems, "hint:", a.Hint)
		}
		return 1
	}
	fmt.Fprintf(out, "The token %s has a key %s now.\n", r.Token, r.Key)
	return 0
}
