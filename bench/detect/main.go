package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// The bars, in percent and points.
const (
	leastFound         = 98.0
	leastTimes         = 500.0
	mostRefused        = 0.2
	mostLostByMutation = 3.0
)

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("detect", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", attacks(), "the folder with the labelled values")
	sample := flags.Int("sample", 400, "judge that many values of each label with Coraza; 0 leaves it out")
	misses := flags.Bool("misses", false, "print what was missed and what was refused wrongly")
	seed := flags.Uint64("seed", 1, "of the mutations and the sample")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	values, err := readValues(filepath.Join(*data, "httpparams-train.csv"))
	if err != nil {
		fmt.Fprintln(stderr, "detect:", err)
		return 2
	}
	missed := false
	bar := func(ok bool, format string, args ...any) {
		verdict := "held"
		if !ok {
			verdict, missed = "MISSED", true
		}
		fmt.Fprintf(stdout, "%-7s %s\n", verdict, fmt.Sprintf(format, args...))
	}

	all := judgeAll(values)
	all.table(stdout, "All values")
	developed, held := halves(values)
	judgeAll(developed).line(stdout, "half that was developed on")
	judgeAll(held).line(stdout, "half that was held out")
	if *misses {
		all.misses(stdout)
	}
	fmt.Fprintln(stdout)

	mutants := judgeAll(mutate(values, *seed))
	mutants.table(stdout, "Mutated attacks: case, comments, white space, codings, other numbers and concatenation")
	if *misses {
		mutants.misses(stdout)
	}
	fmt.Fprintln(stdout)

	cases, err := readRegression(filepath.Join(*data, "crs-regression"))
	if err != nil {
		fmt.Fprintln(stderr, "detect:", err)
		return 2
	}
	regressionTable(stdout, cases, *misses)

	if *sample > 0 {
		times, err := beside(stdout, pick(values, *sample, *seed))
		if err != nil {
			fmt.Fprintln(stderr, "detect:", err)
			return 2
		}
		bar(times >= leastTimes, "at least %.0f times cheaper than Coraza at paranoia 1: %.0f", leastTimes, times)
	}

	bar(all.found() >= leastFound, "at least %.0f%% of attacks found: %.2f%%", leastFound, all.found())
	bar(all.refused() <= mostRefused, "at most %.1f%% of benign values refused: %.3f%%", mostRefused, all.refused())
	bar(all.found()-mutants.found() <= mostLostByMutation, "at most %.0f points lost by mutation: %.2f", mostLostByMutation, all.found()-mutants.found())
	if missed {
		return 1
	}
	return 0
}

// attacks is the folder with the data: what the environment says, otherwise
// beside the repository.
func attacks() string {
	if dir := os.Getenv("GATEHOUSE_ATTACKS"); dir != "" {
		return dir
	}
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../../shared/testdata/attacks")
}
