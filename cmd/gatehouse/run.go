package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/trust/devca"
)

// The exit statuses, as `gatehouse help` documents them.
const (
	statusOK       = 0
	statusProblems = 1 // a contract or a configuration has problems, or the program could not do its work
	statusUsage    = 2 // the command line is wrong
)

// world is what a verb may touch of the world outside.
type world struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            []string
}

// usageError is a mistake of the command line.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// remedied is what failed though the command line is right, with what to do next.
type remedied struct {
	cause error
	hint  string
}

func (e *remedied) Error() string { return e.cause.Error() }
func (e *remedied) Unwrap() error { return e.cause }

// errReported ends with statusProblems; what is wrong was printed already.
var errReported = errors.New("reported")

// Run runs the command line and returns its exit status. It touches nothing
// of the process besides its arguments and signals, so that tests can run the
// whole program.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	out := &keeper{Writer: stdout}
	w := &world{stdin, out, stderr, env}
	root := newRoot(w)
	root.SetArgs(args)
	if len(args) == 0 {
		root.SetArgs([]string{"--help"})
	}
	err := root.ExecuteContext(ctx)
	if lost := out.lost(); lost != nil && (err == nil || errors.Is(err, lost)) {
		err = fmt.Errorf("standard output cannot be written: %w", lost)
	}
	return w.status(err)
}

func newRoot(w *world) *cobra.Command {
	root := &cobra.Command{
		Use:   "gatehouse",
		Short: "Let through to an API what its OpenAPI document describes, and nothing else",
		Long: `Gatehouse stands in front of an HTTP API. Every request that the API's OpenAPI
document does not describe is refused with a clear problem; every request that
it describes reaches the API, its body byte for byte. Answers are held against
the document as well: what it does not describe is cut out or replaced.

Exit status: 0 when all is well, 1 when a contract or a configuration has
problems or the work could not be done, 2 when the command line is wrong.`,
		Example: `  gatehouse demo
  gatehouse check --contract openapi.yaml
  gatehouse init
  gatehouse serve --contract openapi.yaml --upstream http://127.0.0.1:9000 --listen 127.0.0.1:8080`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		RunE:              showHelp, Args: noCommand,
	}
	root.SetIn(w.stdin)
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	root.SetFlagErrorFunc(flagError)
	addVerbs(root, w)
	return root
}

// noCommand refuses arguments that are no command of cmd, and names the nearest.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, c := range cmd.Commands() {
		known = append(known, c.Name())
	}
	return &usageError{fmt.Sprintf("there is no command %q", args[0]),
		source.DidYouMean(cmd.CommandPath()+" --help lists the commands", args[0], known...)}
}

// newHelp refuses what is no command, which that of cobra does not.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Say what a command does",
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || about == root && len(rest) > 0 {
				return noCommand(root, args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// flagError adds the nearest flag to the message of an unknown one.
func flagError(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		name := unknown.GetSpecifiedName()
		if cmd.Parent() == nil && (name == "version" || name == "v" || name == "V") {
			hint = "write gatehouse version"
		}
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			if word, _, _ := strings.Cut(short, "="); slices.Contains(known, word) {
				hint = "write --" + word + ", with two dashes"
			}
			return &usageError{fmt.Sprintf("%s has no flag -%s", cmd.CommandPath(), name), hint}
		}
		if near := source.Nearest(name, known...); near != "" {
			hint = `did you mean "--` + near + `"?`
		}
		return &usageError{fmt.Sprintf("%s has no flag --%s", cmd.CommandPath(), name), hint}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return &usageError{fmt.Sprintf("--%s: %q cannot be read%s", invalid.GetFlag().Name, invalid.GetValue(), whyInvalid(invalid)), hint}
	}
	return &usageError{err.Error(), hint}
}

// whyInvalid says what a flag takes.
func whyInvalid(e *pflag.InvalidValueError) string {
	switch kind := e.GetFlag().Value.Type(); {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return ": it takes a whole number"
	case kind == "duration":
		return ": it takes a time with its unit, such as 30s or 10m"
	case kind == "bool":
		return ": it takes true or false"
	}
	return ": " + e.Unwrap().Error()
}

// noArguments refuses what a verb would not read.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := cmd.CommandPath() + " --help shows examples"
	if cmd.Flags().Lookup("contract") != nil {
		hint = "write --contract " + args[0]
		if cmd.Flags().Lookup("config") != nil && filepath.Base(args[0]) == usual {
			hint = "write --config " + args[0]
		}
	}
	return &usageError{fmt.Sprintf("%s takes no argument, got %q", cmd.CommandPath(), args[0]), hint}
}

// status prints err and says how the program ends.
func (w *world) status(err error) int {
	var usage *usageError
	var problems source.Problems
	var hosts *devca.HostsError
	var failed *remedied
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, errReported):
		return statusProblems
	case errors.As(err, &usage):
		w.complain(usage.text, usage.hint)
		return statusUsage
	case errors.As(err, &hosts):
		for line := range strings.Lines(hosts.Error()) {
			w.complain(strings.TrimSuffix(line, "\n"), "")
		}
		return statusUsage
	case errors.As(err, &failed):
		w.complain(failed.Error(), failed.hint)
		return statusProblems
	case serve.ConfigErrors(err) != nil:
		return w.mistakes(serve.ConfigErrors(err))
	case errors.As(err, &problems):
		w.problems(problems)
		return statusProblems
	}
	w.complain(err.Error(), "")
	return statusProblems
}

// mistakes prints what is wrong with flags.
func (w *world) mistakes(list []*serve.ConfigError) (status int) {
	status = statusProblems
	for _, e := range list {
		w.complain("--"+e.Flag+": "+e.Text, e.Hint)
		if e.Cause == nil { // otherwise the command line is right and the system says no
			status = statusUsage
		}
	}
	return status
}

// complain prints what is wrong and what to do next.
func (w *world) complain(text, hint string) {
	fmt.Fprintln(w.stderr, "gatehouse: "+text)
	if hint != "" {
		fmt.Fprintln(w.stderr, "  hint: "+hint)
	}
}

// problems prints the problems of contracts and configurations, each with place and hint, and
// how many there are.
func (w *world) problems(list source.Problems) {
	for _, p := range nearby(list) {
		fmt.Fprintln(w.stderr, p)
	}
	errs, warnings := count(list)
	fmt.Fprintf(w.stderr, "%s, %s\n", plural(errs, "error"), plural(warnings, "warning"))
}

func count(list source.Problems) (errs, warnings int) {
	for _, p := range list {
		if p.Severity == source.Warning {
			warnings++
		} else {
			errs++
		}
	}
	return errs, warnings
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// lookup returns the value of an environment variable.
func (w *world) lookup(name string) (string, bool) {
	for _, e := range w.env {
		if rest, ok := strings.CutPrefix(e, name+"="); ok {
			return rest, true
		}
	}
	return "", false
}
